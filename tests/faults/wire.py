"""A wire to PostgreSQL that can be cut anywhere: a proxy on this machine that counts the messages of both sides.

Messages are the protocol's: a byte that says the kind, four bytes of length, the rest; the first of a client has no
kind. TLS is off, or there would be nothing to count.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Side = Literal["client", "server"]
PATIENCE = 30  # seconds, for what happens at once


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the wire is cut: after so many more messages of a side, and so many bytes of the next one.

    With `leaving`, the server is not told: its end of the wire stays open until the proxy is closed or `mend`ed.
    """

    side: Side
    messages: int
    share: float = 0.0  # how much of the next message still comes through
    leaving: bool = False


class Wire:
    """A proxy before a server; `url` leads through it."""

    def __init__(self, url: str) -> None:
        """Listen on a port of this machine, in front of the server of a URL."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._server = (parts.hostname, parts.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        netloc = f"{parts.username or ''}@127.0.0.1:{port}"
        self.url = parts._replace(netloc=netloc, query="sslmode=disable&gssencmode=disable").geturl()
        self._guard = threading.Lock()
        self._cut: Cut | None = None
        self._closed_for_new = False
        self._seen: dict[Side, int] = {"client": 0, "server": 0}
        self._open: list[socket.socket] = []
        self._left: list[socket.socket] = []
        self.happened = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, cut: Cut, *, stays_cut: bool = False) -> None:
        """Cut the wire once, there, counted from now on; with `stays_cut` nobody gets through any more afterwards."""
        with self._guard:
            self._cut, self._stays_cut = cut, stays_cut
            self._seen = {"client": 0, "server": 0}
            self.happened.clear()

    def mend(self) -> None:
        """Let everybody through again, and end the sessions that were left behind."""
        with self._guard:
            self._cut, self._closed_for_new = None, False
            left, self._left = self._left, []
        for end in left:
            _close(end)

    @property
    def seen(self) -> dict[Side, int]:
        """Return how many whole messages came through since it was armed."""
        with self._guard:
            return dict(self._seen)

    def close(self) -> None:
        """Cut everything."""
        _close(self._listening)
        self.mend()
        with self._guard:
            ends = list(self._open)
        for end in ends:
            _close(end)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self._closed_for_new:
                _close(client)
                continue
            try:
                server = socket.create_connection(self._server, PATIENCE)
            except OSError:
                _close(client)
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._guard:
                self._open += [client, server]
            for side, source, target in (("client", client, server), ("server", server, client)):
                pump = threading.Thread(target=self._pump, args=(side, source, target, client, server), daemon=True)
                pump.start()

    def _pump(
        self, side: Side, source: socket.socket, target: socket.socket, client: socket.socket, server: socket.socket
    ) -> None:
        with suppress(OSError):
            for message in _messages(source, begins_bare=side == "client"):
                let_through = self._let_through(side, message)
                target.sendall(message if let_through is None else message[:let_through])
                if let_through is not None:
                    self._sever(client, server)
                    return
        if server not in self._left:
            _close(client)
            _close(server)

    def _let_through(self, side: Side, message: bytes) -> int | None:
        """Return how many bytes of a message still come through, None for all of it and those after it."""
        with self._guard:
            cut = self._cut
            if cut is None or cut.side != side or self._seen[side] < cut.messages:
                self._seen[side] += 1
                return None
            self._cut = None
            self._closed_for_new = self._stays_cut
            self._leaving = cut.leaving
        return int(len(message) * cut.share)

    def _sever(self, client: socket.socket, server: socket.socket) -> None:
        self.happened.set()  # before the client can notice
        if self._leaving:
            with self._guard:
                self._left.append(server)
        else:
            _close(server)
        _close(client)


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """Put a wire before a server, and take it away again."""
    found = Wire(url)
    try:
        yield found
    finally:
        found.close()


def _messages(source: socket.socket, *, begins_bare: bool) -> Iterator[bytes]:
    bare = begins_bare
    while True:
        kind = b"" if bare else _exactly(source, 1)
        length = _exactly(source, 4)
        yield kind + length + _exactly(source, struct.unpack("!I", length)[0] - 4)
        bare = False


def _exactly(source: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = source.recv(count - len(found))
        if not more:
            raise ConnectionError
        found += more
    return found


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
