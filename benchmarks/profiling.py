"""Where the time goes: our own contender under a profiler, for goals that are missed."""

from __future__ import annotations

import cProfile
import io
import pstats
from pathlib import Path

from benchmarks.measuring import Contender

_LINES = 30


class Profile:
    """Collects what our contender does in all its rounds; of whole processes it reads what they wrote."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing; `folder` is where processes write to."""
        self._profiler = cProfile.Profile()
        self._folder = folder
        self._files: list[Path] = []

    def around(self, contender: Contender) -> Contender:
        """Return the contender as it runs under the profiler."""

        def run() -> float:
            return self._profiler.runcall(contender.run)

        return Contender(contender.name, run, contender.work)

    def file(self) -> Path:
        """Return where a process is to write its profile."""
        self._files.append(self._folder / f"profile-{len(self._files)}")
        return self._files[-1]

    def report(self) -> str:
        """Return what took longest, by what it called as well and by itself."""
        text = io.StringIO()
        written = [str(file) for file in self._files if file.exists()]
        self._profiler.create_stats()
        stats = pstats.Stats(*written, stream=text) if written else pstats.Stats(self._profiler, stream=text)
        stats.sort_stats("cumulative").print_stats(_LINES)
        stats.sort_stats("tottime").print_stats(_LINES)
        return text.getvalue()
