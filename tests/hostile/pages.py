"""Files of ledgers with damaged pages: whatever lies there, `verify` says so, and nothing makes it worse."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random

from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.adapters.store.whole import TABLES
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger_cli.main import run
from tests.stores.places import machine_clock

PAGE = 4096
BESIDE = ("", "-wal")

Damage = Callable[[bytearray, Random], None]


def a_ledger(folder: Path, *, swaps: int = 40) -> Path:
    """Make a ledger of nine people who swap desks; return its file."""
    write_export(synthetic_site(9), folder)
    file = folder / "ledger.db"
    assert _run(file, "system", "add", "hq", "--release", "11.1", "--timezone", "UTC")[0] == 0
    exports = [str(folder / name) for name in ("users-1.xml", "extensions-1.xml")]
    assert _run(file, "import", *exports)[0] == 0
    for n in range(swaps):
        assert _run(file, "swap", str(201 + n % 4), str(205 + n % 3), "--done", "--command-id", f"s{n}")[0] == 0
    return file


def _zeros(content: bytearray, random: Random) -> None:
    page = random.randrange(len(content) // PAGE) * PAGE
    content[page : page + PAGE] = bytes(PAGE)


def _noise(content: bytearray, random: Random) -> None:
    page = random.randrange(len(content) // PAGE) * PAGE
    content[page : page + PAGE] = random.randbytes(PAGE)


def _another_page(content: bytearray, random: Random) -> None:
    here, there = (random.randrange(len(content) // PAGE) * PAGE for _ in range(2))
    content[here : here + PAGE] = content[there : there + PAGE]


def _a_sector(content: bytearray, random: Random) -> None:
    at = random.randrange(len(content) // 512) * 512
    content[at : at + 512] = bytes(512)


def _a_few_bytes(content: bytearray, random: Random) -> None:
    for _ in range(random.randint(1, 8)):
        content[random.randrange(len(content))] = random.randrange(256)


def _a_bit(content: bytearray, random: Random) -> None:
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def _cut(content: bytearray, random: Random) -> None:
    del content[random.randrange(PAGE, len(content)) :]


def _cut_at_a_page(content: bytearray, random: Random) -> None:
    del content[random.randrange(1, len(content) // PAGE) * PAGE :]


DAMAGES: dict[str, Damage] = {
    "a page of zeros": _zeros,
    "a page of noise": _noise,
    "a page in the place of another": _another_page,
    "a sector of zeros": _a_sector,
    "a few bytes": _a_few_bytes,
    "a bit": _a_bit,
    "cut off": _cut,
    "cut off at a page": _cut_at_a_page,
}


def looked_at(file: Path, sound: bytes, damage: Damage, random: Random) -> str | None:
    """Damage a ledger and look at it; return what the program did wrong, or None."""
    content = bytearray(sound)
    damage(content, random)
    file.write_bytes(content)
    before = _files(file)
    code, out, said = _run(file, "verify")
    if "Traceback" in said or code not in {0, 5, 6}:
        return f"verify: exit {code}: {said.strip()[-300:]}"
    if code == 6 and "is not a ledger" not in said and "checksum differs" not in said and "only up to" not in said:
        return f"verify: exit 6: {said.strip()[-300:]}"
    if bytes(content) != sound and code == 0 and _matters(file, sound):
        return f"verify: found nothing in {sum(a != b for a, b in zip(content, sound, strict=False))} bytes: {out}"
    if _files(file) != before:
        return "verify: wrote to it"
    for arguments in (("seats",), ("log",), ("export",)):
        code, out, said = _run(file, *arguments)
        if "Traceback" in said or code not in {0, 1, 4, 6}:
            return f"{arguments}: exit {code}: {said.strip()[-300:]}"
    return None


def _matters(file: Path, sound: bytes) -> bool:
    """Tell whether what was damaged holds what is verified.

    A free page or the rest of one holds nothing; when a migration was applied, and answers, no hash covers.
    """
    whole = file.with_name("sound.db")
    whole.write_bytes(sound)
    return _held(file) != _held(whole)


def _held(file: Path) -> list[bytes] | None:
    store = SqliteStore(file, machine_clock)
    try:
        with store.reading() as reading:
            connection = reading.connection
            tables = sorted(TABLES - {"schema_migrations", "answers"})
            return [repr(connection.execute(f"SELECT * FROM {name}").fetchall()).encode() for name in tables]
    except Exception:  # noqa: BLE001 - whatever: it does not hold the same
        return None
    finally:
        store.close()


def _files(file: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in file.parent.iterdir() if p.name in {file.name + end for end in BESIDE}}


def _run(file: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the program on a ledger: exit code, stdout and stderr."""
    environment = {"IPO_LEDGER_DEBUG": "", "IPO_LEDGER_URL": f"sqlite:///{file.as_posix()}", "IPO_LEDGER_ACTOR": "ana"}
    with _captured() as (out, said):
        code = run(list(arguments), environment=environment)
    return code, out.getvalue(), said.getvalue()


@contextmanager
def _captured() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        yield out, said
