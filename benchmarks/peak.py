"""Run a module as `python -m` does, and write the most memory that it held, in bytes, to a file.

What the operating system tells a parent of its child begins with the parent's own memory on Linux: a large parent
would hide a small child. So the child reads its own mark, at its end.
"""

from __future__ import annotations

import atexit
import runpy
import sys
from pathlib import Path


def _peak() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


if __name__ == "__main__":
    _, file, module, *rest = sys.argv
    atexit.register(lambda: Path(file).write_text(str(_peak()), encoding="utf-8"))
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
