"""Signed texts to keep somewhere else: signed notes (c2sp.org/signed-note) and checkpoints (c2sp.org/tlog-checkpoint).

Ed25519 only. Keys are written as Go's note package writes them, so that other tools can use them.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Self

from msgspec import Struct

from ipo_ledger.errors import Differs, Malformed

_ED25519 = b"\x01"
_KEY_SIZE = _ROOT_SIZE = 32
_ID_SIZE = 4
_LARGEST = 2**63 - 1  # what a position can be
_MOST_SIGNATURES = 100  # as in Go: a note is not a way to keep a verifier busy
_PRIVATE = "PRIVATE+KEY+"
_NEVER = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # control characters, and what UTF-8 cannot hold
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class UnreadableNote(Malformed):
    """The file is no signed text: it is another file, or it was changed on its way."""

    code = "unreadable-note"
    says = "This is no signed note: {why}."
    way_out = "Give the file as it was written: every character and every line end of it counts."


class UnreadableCheckpoint(Malformed):
    """The file may be signed, and does not say how many events a ledger had, and which."""

    code = "unreadable-checkpoint"
    says = "This is no checkpoint: {why}."
    way_out = "Give a file that `ipo-ledger checkpoint` wrote."


class UnreadableKey(Malformed):
    """It is not a key, or not all of it. The message never quotes it: it may be a private one."""

    code = "unreadable-key"
    says = "This is no {kind} key: {why}."
    way_out = "A {kind} key is one line: {form}"


class WrongSignature(Differs):
    """The text or its signature is not what was signed."""

    code = "wrong-signature"
    says = "The signature by {key} is not one of this text: the text or the signature was changed."
    way_out = "Compare it with another copy of the same checkpoint."


class NotSigned(Differs):
    """The text was signed, by somebody else than the key given says."""

    code = "not-signed"
    says = "This is signed by {found} and not by {wanted}."
    way_out = "Give the verifier key of whoever signed it, if you trust them."


# --- keys --------------------------------------------------------------------------------------------------


class VerifierKey(Struct, frozen=True):
    """Who signs, and the public key that shows it."""

    name: str
    public: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `name+id+base64`. Raises `UnreadableKey`."""
        name, key_id, public = _key_parts("verifier", text.strip())
        key = cls(name, public)
        if key.key_id.hex() != key_id:
            raise _no_key("verifier", "its id is that of another key")
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand before each of its signatures."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_SIZE]

    @property
    def label(self) -> str:
        """What it is called in a sentence: the name and the id."""
        return f"{self.name}+{self.key_id.hex()}"

    def __str__(self) -> str:
        return f"{self.label}+{_base64(_ED25519 + self.public)}"


class SigningKey(Struct, frozen=True):
    """What signs. It shows itself as its verifier key; only `secret` gives it away."""

    verifier: VerifierKey
    seed: bytes

    @classmethod
    def of(cls, name: str, seed: bytes) -> Self:
        """Return the key of that name with that seed of 32 random bytes. Raises `UnreadableKey` for a bad name."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # 20 ms, only to sign

        if not _is_name(name):
            raise _no_key("signing", "its name is empty, or has a space or + in it")
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        return cls(VerifierKey(name, public), seed)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `PRIVATE+KEY+name+id+base64`. Raises `UnreadableKey`."""
        if not text.startswith(_PRIVATE):
            raise _no_key("signing", f"it does not begin with {_PRIVATE}")
        name, key_id, seed = _key_parts("signing", text.removeprefix(_PRIVATE).rstrip())
        key = cls.of(name, seed)
        if key.verifier.key_id.hex() != key_id:
            raise _no_key("signing", "its id is that of another key")
        return key

    def secret(self) -> str:
        """Return the line that is kept in a private file."""
        return f"{_PRIVATE}{self.verifier.label}+{_base64(_ED25519 + self.seed)}"

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("verifier", self.verifier)]


def _key_parts(kind: str, line: str) -> tuple[str, str, bytes]:
    name, _, rest = line.partition("+")
    key_id, _, text = rest.partition("+")
    if not _is_name(name) or not _KEY_ID.fullmatch(key_id):
        raise _no_key(kind, "it lacks a name or an id")
    data = _from_base64(text)
    if data is None or len(data) != 1 + _KEY_SIZE or not data.startswith(_ED25519):
        raise _no_key(kind, "it is not an Ed25519 key in base64")
    return name, key_id, data[1:]


def _no_key(kind: str, why: str) -> UnreadableKey:
    form = "name+id+base64" if kind == "verifier" else f"{_PRIVATE}name+id+base64"
    return UnreadableKey(kind=kind, why=why, form=form)


# --- notes -------------------------------------------------------------------------------------------------


class Signature(Struct, frozen=True):
    """Who says to have signed, and the signature."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def label(self) -> str:
        """What its key is called in a sentence: the name and the id."""
        return f"{self.name}+{self.key_id.hex()}"

    def __str__(self) -> str:
        return f"— {self.name} {_base64(self.key_id + self.value)}\n"


class Note(Struct, frozen=True):
    """A text, which ends with a line end, and its signatures. Unchecked until `verify`."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def read(cls, written: str) -> Self:
        """Read a signed note; `str` of it is the same again. Raises `UnreadableNote`."""
        if _NEVER.search(written):
            raise UnreadableNote(why="it has characters that no note has (a line ends with a line feed alone)")
        text, blank, lines = written.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise UnreadableNote(why="no signatures stand after an empty line at its end")
        signatures = lines[:-1].split("\n")
        if len(signatures) > _MOST_SIGNATURES:
            raise UnreadableNote(why=f"it has more than {_MOST_SIGNATURES} signatures")
        return cls(text + "\n", tuple(_signature(line) for line in signatures))

    def verify(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Return those of the keys that signed the text. Signatures by other keys are passed over.

        Raises `WrongSignature` when one of them did not sign it as it says, `NotSigned` when none is there.
        """
        known = {(key.name, key.key_id): key for key in keys}
        good = []
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_id))
            if key is None:
                continue
            if not _is_signed(self.text, signature.value, key):
                raise WrongSignature(key=key.label)
            good.append(key)
        if not good:
            found, wanted = (", ".join(who.label for who in all_of) for all_of in (self.signatures, known.values()))
            raise NotSigned(found=found, wanted=wanted or "a known key")
        return good

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"


def sign(text: str, key: SigningKey) -> Note:
    """Sign a text. Raises `UnreadableNote` for one that no note can hold."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # 20 ms, only to sign

    if not text.endswith("\n") or _NEVER.search(text):
        raise UnreadableNote(why="its text has no line end at its end, or characters that no note has")
    value = Ed25519PrivateKey.from_private_bytes(key.seed).sign(text.encode())
    return Note(text, (Signature(key.verifier.name, key.verifier.key_id, value),))


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, text = rest.partition(" ")
    data = _from_base64(text)
    if dash != "—" or not _is_name(name) or data is None or len(data) <= _ID_SIZE:
        raise UnreadableNote(why=f"{line!r:.80} is no signature")
    return Signature(name, data[:_ID_SIZE], data[_ID_SIZE:])


def _is_signed(text: str, signature: bytes, key: VerifierKey) -> bool:
    from cryptography.exceptions import InvalidSignature  # 20 ms, only to verify
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


# --- checkpoints -------------------------------------------------------------------------------------------


class Checkpoint(Struct, frozen=True):
    """How large a ledger was and what root it had, under its own name: the text that is signed."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the text of a checkpoint, without signatures; `str` of it is the same. Raises `UnreadableCheckpoint`."""
        origin, *rest = text.split("\n")
        if not origin or len(rest) < 3 or "" in rest[:-1] or rest[-1]:  # noqa: PLR2004 - size, root, end
            raise UnreadableCheckpoint(why="it is not at least three lines, none empty: name, size, root")
        size, root, *extensions = rest[:-1]
        data = _from_base64(root)
        if not _SIZE.fullmatch(size) or int(size) > _LARGEST:
            raise UnreadableCheckpoint(why=f"{size!r:.80} is no size")
        if data is None or len(data) != _ROOT_SIZE:
            raise UnreadableCheckpoint(why=f"{root!r:.80} is no root")
        return cls(origin, int(size), data, tuple(extensions))

    def __str__(self) -> str:
        return "\n".join((self.origin, str(self.size), _base64(self.root), *self.extensions, ""))


def sign_checkpoint(size: int, root: bytes, key: SigningKey) -> Note:
    """Sign that the ledger that is called as its key had so many events and that root."""
    return sign(str(Checkpoint(key.verifier.name, size, root)), key)


# --- characters --------------------------------------------------------------------------------------------


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(map(str.isspace, name)) and not _NEVER.search(name)


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _from_base64(text: str) -> bytes | None:
    """Return what the text stands for, or None where it is not the one way to write it."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if _base64(data) == text else None
