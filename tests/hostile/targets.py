"""Everything that reads what others wrote. Whatever comes, it is read or refused in the project's own words."""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

import ipo_ledger
from ipo_ledger.adapters import key_files
from ipo_ledger.adapters.exports import read_site
from ipo_ledger.adapters.move_csv import read_moves
from ipo_ledger.application import plans
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain.moments import Instant, iso, read_when, zone_of
from ipo_ledger.errors import LedgerError
from ipo_ledger.evidence import proofs
from ipo_ledger.evidence.notes import Checkpoint, Note, VerifierKey
from tests.cli.pages import ROOT
from tests.stores.tampering_tools import KEY

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
OWN = {LedgerError.exit_code + n for n in range(1, 6)}  # 2 to 6: what the project's own errors end with

MAP = b'[extensions]\nextension_id = "Nebenstelle Nr."\n[users]\nname = "Benutzer"\n'
MOVES = (
    b"extension_id,base_extension\n2,203\n3,202\n4,-\n",
    b"User;Extension ID;note\nElenaDuarte;3;x\n203;2;\n",
    "\ufeffextension_id\tbase_extension\r\n2\t203\r\n".encode("utf-16-le"),
)
LISTS = (
    b"extension_id,module,port,base_extension,kind\n1,BD,1,201,0\n2,BD,2,202,0\n",
    b"name;number;full name;forced login;login code\nAna;201;Ana Ruiz;no;1234\n",
    b"Nebenstelle Nr.,module,port,base_extension\n7,0,0,\n",
)
LINES = (
    b'{"do":"swap","users":["202","203"],"done":true}',
    b'{"do":"batch","moves":[{"extension_id":7,"base_extension":"203"},{"extension_id":3,"base_extension":null}]}',
    b'{"do":"batch","moves":[{"extension_id":"@desk","user":202}],"title":"t"}',
    b'{"do":"change","extension":"BD/4","base":"203","batch":"B1","at":"2026-03-02T10:00"}',
    b'{"do":"send","batch":"B1","mode":"merge","with_conflicts":true,"reason":"r","ticket":"t"}',
    b'{"do":"logout","user":"202","actor":"eva"}',
    b'{"do":"login","user":202,"extension":7}',
    b'{"do":"restart","at":"2026-03-02T10:00:00.5+01:00"}',
    b'{"do":"abandon","batch":"hq/B1"}',
    b'{"do":"rollback","batch":"B1","strategy":"partial","frame":"ports","only":["202"]}',
    b'{"do":"restore","on":"2026-03-02","extensions":[7],"users":["202"]}',
    b'{"do":"user set","user":"202","forced_login":true}',
    b'{"do":"user renumber","user":"202","number":null}',
    b'{"do":"correct","event":12,"never":true}',
    b'{"do":"correct","batch":"B1","at":"2026-03-02T10:00"}',
    b'{"do":"label","extension":2,"text":"by the window"}',
    b'{"do":"import","exports":["users-1.xml","extensions-1.xml"],"removed":true}',
    b'{"do":"system add","name":"lab","release":"11.1","timezone":"Europe/Madrid"}',
    b'{"do":"system set","timezone":"UTC","logout_code":"*36"}',
)
TIMES = (
    *(b"2026-11-20", b"2026-11-20T14:05", b"2026-11-20T14:05:06.789Z", b"2026-03-29T02:30", b"2011-12-30"),
    *(b"now", b"today", b" Yesterday ", b"2026-10-25T02:30+01:00", b"9998-12-31", b"1970-01-01T00:00:00-23:59"),
)
ZONES = ("Europe/Madrid", "Africa/Cairo", "Pacific/Apia", "America/St_Johns", "Africa/Monrovia")
URLS = (
    *(b"sqlite:///ledger.db", b"sqlite:////tmp/a%20b.db", b"sqlite:///C:/x/ledger.db", b"sqlite:///~/ledger.db"),
    b"postgresql://ana:s3cret@db1:5432,db2/ipo_ledger?target_session_attrs=read-write&sslmode=require",
    *(b"postgresql://ana@/ledger?host=/var/run&password=s3cret", b"postgres://[::1]:5432/l", b"postgresql://"),
)


_PASSWORD = re.compile(r"//[^/@?&=]*:s3cret@|[?&]password=s3cret(?:&|$)")  # still in its place


class Target:
    """One reader, the files it is tried with, and what it does with one: anything but a `LedgerError` is a finding."""

    def __init__(
        self, name: str, seeds: Callable[[Stage], Sequence[bytes]], run: Callable[[Stage, bytes], None]
    ) -> None:
        """Name it."""
        self.name = name
        self.seeds = seeds
        self._run = run

    def run(self, stage: Stage, content: bytes) -> str | None:
        """Let it read; return what is wrong with how it went, or None."""
        before = stage.listing()
        try:
            self._run(stage, content)
        except LedgerError as refused:
            wrong = _ill_said(refused)
        except Exception as fault:  # noqa: BLE001 - that is what is looked for
            return f"{type(fault).__name__}: {str(fault)[:200]}"
        else:
            wrong = None
        left = stage.listing() - before
        for name in left:
            (stage.folder / name).unlink()
        return wrong or (f"left behind {sorted(left)}" if left else None)


class Stage:
    """A folder with one of everything, in which readers are tried."""

    def __init__(self, folder: Path) -> None:
        """Make it: a site's exports, a ledger, and what was written of it."""
        self.folder = folder
        write_export(synthetic_site(9), folder)
        write_export(synthetic_site(9), folder, form="json")
        self.exports = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        self.url = f"sqlite:///{(folder / 'ledger.db').as_posix()}"
        with self.ledger() as ledger:
            ledger.add_system("hq", release="11.1", timezone="Europe/Madrid")
            hq = ledger.system("hq")
            hq.import_exports(folder / "users-1.xml", folder / "extensions-1.xml")
            hq.swap("202", "203", done=True, command_id="a")
            self.note = ledger.checkpoint(KEY).note
            self.evidence = ledger.prove("B1", key=KEY, system="hq").evidence.encode()
            self.lines = b"".join(ledger.export())
            undo = hq.rollback("B1", dry_run=True)
            self.plan = plans.dumped(
                plans.SavedPlan(system="hq", batch="B1", strategy=None, frame="people", only=(), plan=undo)
            )
        (folder / "input").write_bytes(b"")
        self._open: ipo_ledger.Ledger | None = None

    def ledger(self) -> ipo_ledger.Ledger:
        """Open the ledger anew."""
        return ipo_ledger.open(self.url, actor="ana")

    @cached_property
    def recording(self) -> ipo_ledger.Ledger:
        """The ledger that is recorded into, case after case."""
        self._open = self.ledger()
        return self._open

    @cached_property
    def verifier(self) -> Any:
        """The script for strangers, as a module."""
        spec = importlib.util.spec_from_file_location("verify_evidence", ROOT / "docs" / "verify_evidence.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def given(self, content: bytes) -> Path:
        """Return a file that holds it."""
        path = self.folder / "input"
        path.write_bytes(content)
        return path

    def listing(self) -> set[str]:
        """Return what is in the folder, but for what a ledger in use keeps beside it."""
        return {path.name for path in self.folder.iterdir()} - {"ledger.db-wal", "ledger.db-shm"}

    def close(self) -> None:
        """Let go of the ledger."""
        if self._open is not None:
            self._open.close()


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Make a stage."""
    stage = Stage(folder)
    try:
        yield stage
    finally:
        stage.close()


def _ill_said(refused: LedgerError) -> str | None:
    """Return what is wrong with an error: its exit code, or that it cannot be told as JSON."""
    told = refused.told()
    if refused.exit_code not in OWN:
        return f"exit {refused.exit_code} for {told['code']}"
    try:
        msgspec.json.encode(told)
    except UnicodeEncodeError:  # half characters: the command line makes them whole
        return None
    if len(told["message"]) > 20_000:
        return f"{told['code']} says {len(told['message'])} characters"
    return None


def _exports(stage: Stage, content: bytes) -> None:
    read_site([stage.given(content)])


def _lists(stage: Stage, content: bytes) -> None:
    mapping = stage.folder / "input"
    mapping.write_bytes(content)
    table = stage.folder / "users-1.xml"
    read_site([table], mapping)


def _moves(stage: Stage, content: bytes) -> None:
    system = stage.recording.system("hq")
    system.abandon(system.batch(read_moves(io.BytesIO(content))).batch or "")


def _record(stage: Stage, content: bytes) -> None:
    for answer in stage.recording.record(content.split(b"\n"), system="hq", keep_going=True):
        assert answer.ok or answer.exit in OWN, answer.error


def _times(stage: Stage, content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    for name in ZONES:
        zone = zone_of(name)
        found = read_when(text, zone, NOW)
        at = found.at if isinstance(found, Instant) else found.start
        assert read_when(iso(at, zone), zone, NOW) == Instant(at)


def _zones(stage: Stage, content: bytes) -> None:
    zone_of(content.decode("utf-8", "surrogateescape"))


def _urls(stage: Stage, content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    try:
        ipo_ledger.open(text).close()
    except LedgerError as refused:
        it_is_the_password = text.count("s3cret") == 1 and _PASSWORD.search(text)
        assert "s3cret" not in str(refused.told()) or not it_is_the_password, refused.message
        raise


def _evidence(stage: Stage, content: bytes) -> None:
    code, lines = stage.verifier.examine(content, str(KEY.verifier), stage.note)
    assert code in {0, 2, 5, 6}
    assert lines
    proofs.check(proofs.read(content), KEY.verifier, Note.read(stage.note))


def _notes(stage: Stage, content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape")
    stage.verifier.examine(stage.evidence, None, text)
    note = Note.read(text)
    assert str(note) == text
    checkpoint = Checkpoint.read(note.text)
    assert str(checkpoint) == note.text
    stage.recording.verify(against=text, key=str(KEY.verifier))


def _keys(stage: Stage, content: bytes) -> None:
    try:
        VerifierKey.read(content.decode("utf-8", "surrogateescape"))
    except LedgerError as refused:
        assert refused.exit_code in OWN
    try:
        key_files.read(stage.given(content))
    except LedgerError as refused:
        assert KEY.secret()[-20:] not in str(refused.told())
        raise


def _plans(stage: Stage, content: bytes) -> None:
    plan = plans.loaded(content, where="plan.json")
    system = stage.recording.system(plan.system)
    system.rollback(
        plan.batch, strategy=plan.strategy, frame=plan.frame, only=plan.only, as_planned=plan.plan, dry_run=True
    )


def _load(stage: Stage, content: bytes) -> None:
    place = stage.folder / "loaded.db"
    lines = io.BytesIO(content)
    with ipo_ledger.open(f"sqlite:///{place.as_posix()}", actor="ana") as ledger:
        ledger.load(iter(lambda: lines.readline(1 << 20), b""))
    place.unlink()


TARGETS = {
    target.name: target
    for target in (
        Target("exports", lambda stage: (*stage.exports.values(), *LISTS), _exports),
        Target("map", lambda stage: (MAP,), _lists),
        Target("moves", lambda stage: MOVES, _moves),
        Target("record", lambda stage: LINES, _record),
        Target("times", lambda stage: TIMES, _times),
        Target("zones", lambda stage: tuple(zone.encode() for zone in ZONES), _zones),
        Target("urls", lambda stage: URLS, _urls),
        Target("evidence", lambda stage: (stage.evidence,), _evidence),
        Target("notes", lambda stage: (stage.note.encode(),), _notes),
        Target("keys", lambda stage: (f"{KEY.secret()}\n".encode(), str(KEY.verifier).encode()), _keys),
        Target("plans", lambda stage: (stage.plan,), _plans),
        Target("load", lambda stage: (stage.lines,), _load),
    )
}
