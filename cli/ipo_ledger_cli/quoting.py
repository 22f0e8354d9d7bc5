"""How a word is written so that a shell takes it as one, in POSIX shells, cmd.exe and PowerShell alike."""

from __future__ import annotations

import re
import sys

# Not @ (PowerShell splats it), not the comma (PowerShell makes two words of it), not ~ (a POSIX shell fills it in).
_PLAIN = re.compile(r"[\w./:=+-]+", re.ASCII)
_OBEYED = re.compile(r'["$`!%\\]')  # inside double quotes, by one shell or another


def quoted(text: str, platform: str = sys.platform) -> str:
    """Return a word as it is typed: as it is, or in double quotes, which all shells know; else as this system's."""
    if _PLAIN.fullmatch(text):
        return text
    if not _OBEYED.search(text):
        return f'"{text}"'
    if platform == "win32":
        from subprocess import list2cmdline

        return list2cmdline([text])
    from shlex import quote

    return quote(text)
