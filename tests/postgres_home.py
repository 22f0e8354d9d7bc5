"""The folder that a session's PostgreSQL servers live in, and the account that they run as."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypedDict

_PREFIX = "ipo-pg-"
_ALIVE = "alive"  # a file whose lock tells that the session that made the folder still runs
_LONGEST_PARENT = 61  # bytes: a Unix socket's path may have 103 on every system, and ours adds 42
_ROOM = 2 << 30  # bytes of memory that have to be free before servers are put there


class UnusableServer(RuntimeError):
    """A server that was named or found cannot be used: a fault of the set-up, never a reason to skip."""


class Account(TypedDict, total=False):
    """Whom a program runs as, in the words of `subprocess`; empty: as ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def unprivileged_account() -> Account:
    """Return whom PostgreSQL has to run as here: it refuses root.

    `nobody` comes first: these servers trust whoever reaches them, so their account should own nothing,
    and `postgres` may own a real database on this machine.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd  # there is none on Windows

    for name in ("nobody", "postgres", "daemon"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise UnusableServer("PostgreSQL refuses root, and there is no account nobody, postgres or daemon")


def hand_over(folder: Path, account: Account) -> None:
    """Give a folder and everything in it to `account`."""
    if sys.platform == "win32" or not account:
        return
    os.chown(folder, account["user"], account["group"])
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(os.path.join(path, name), account["user"], account["group"], follow_symlinks=False)


@contextlib.contextmanager
def session_home() -> Iterator[Path]:
    """Make a home for servers, and remove it afterwards with whatever is still in it.

    In memory where there is plenty (set TMPDIR to have it elsewhere): each database is 300 files, and ext4
    takes ten times as long to make a file after many were removed. So measure speed in a home of your own,
    on a disk. It is not pytest's temporary folder: that is deep and, for root, closed to their account.
    """
    account = unprivileged_account()
    parent = next((folder for folder in _parents() if _suits(folder, account)), None)
    if parent is None:
        raise UnusableServer("no temporary folder has a short path and can be entered by the servers' account")
    _remove_orphans(parent)
    home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    try:
        home.chmod(0o711 if account else 0o700)
        with _marked_alive(home):
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)  # processes of a killed server may be writing their last


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return `target`, made by whichever process is first: each works aside and renames, nobody waits."""
    if target.exists():
        return target
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
    try:
        make(draft)
        draft.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # left only if another process was first, or making failed
    return target


def _parents() -> Iterator[Path]:
    memory = Path("/dev/shm")
    if sys.platform == "linux" and "TMPDIR" not in os.environ and memory.is_dir():
        file_system = os.statvfs(memory)
        # Containers often forbid to execute there; a copy of the wheel would have to.
        executable = not file_system.f_flag & os.ST_NOEXEC
        if executable and os.access(memory, os.W_OK) and file_system.f_bavail * file_system.f_frsize >= _ROOM:
            yield memory
    yield from (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))


def _suits(folder: Path, account: Account) -> bool:
    """Tell whether sockets fit into a folder's path, and `account` can enter it; ourselves always can."""
    if sys.platform == "win32":
        return True
    if len(os.fsencode(folder)) > _LONGEST_PARENT or not folder.is_dir():
        return False
    return not account or all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


@contextlib.contextmanager
def _marked_alive(home: Path) -> Iterator[None]:
    """Hold a lock in a home, which its session cannot forget to give back: killed or not."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (home / "not-yet").open("wb") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        (home / "not-yet").rename(home / _ALIVE)  # only now, so that nobody ever finds it unlocked
        yield


def _remove_orphans(parent: Path) -> None:
    """Remove the homes of killed sessions; a server that outlived one ends itself without its files."""
    if sys.platform == "win32":
        return
    import fcntl

    for home in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # alive (locked), just being made (no mark), or gone meanwhile
            if home.stat().st_uid == os.geteuid():
                with (home / _ALIVE).open("rb") as mark:
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(home, ignore_errors=True)
