"""Files that somebody damaged, or made to do harm: real ones, changed here and there, and what is known to hurt."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

BOMB = (
    b'<!DOCTYPE b [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b"]><b>&m;</b>"
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
REMOTE = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>'

# What has ended other programs, or made them say or do what they should not.
TOKENS: tuple[bytes, ...] = (
    *(
        b"",
        b"\0",
        b"\n",
        b"\r\n",
        b"\r",
        b"\t",
        b" ",
        b'"',
        b"'",
        b"`",
        b"\\",
        b",",
        b";",
        b"+",
        b"-",
        b"/",
        b"@",
        b"=",
        b"%",
    ),
    *(b"{", b"}", b"[", b"]", b"<", b">", b"&", b"</", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?xml version='1.0'?>"),
    *(
        b"null",
        b"true",
        b"false",
        b"0",
        b"-0",
        b"-1",
        b"1e999",
        b"-1e999",
        b"1e-999",
        b"NaN",
        b"Infinity",
        b"0x10",
        b"1_0",
    ),
    *(b"9" * 19, b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616", b"9" * 400, b"1" * 5000),
    *(b"[" * 3000, b'{"a":' * 3000, b"<a>" * 3000, b"(" * 3000, b"\n" * 3000, b"a" * 70_000),
    *(
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xff\xfe\0\0",
        b"\x80",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *(b"\\u0000", b"\\ud800", b"\\udfff\\ud800", b"&#0;", b"&#xD800;", b"&#x10FFFF;", b"&lt;", b"&e;", b"%00", b"%0a"),
    *(
        "\u202e\u2066\u200b\u200d\ufeff".encode(),
        "e\u0301\u0316".encode() * 40,
        "👩‍💻".encode() * 15,
        "\u2028\u2029".encode(),
    ),
    *(b"\x1b[31m\x1b]0;x\x07", b"\x9b31m", b"\x08\x08\x08", b"\x7f", "\x85".encode()),
    *(
        b"'; DROP TABLE head; --",
        b'" OR 1=1 --',
        b"$(touch pwned)",
        b"`touch pwned`",
        b"| touch pwned",
        b"%s%n",
        b"{0.__class__}",
    ),
    *(
        b"<script>alert(1)</script>",
        b'"><img src=x onerror=alert(1)>',
        b"=cmd|' /C calc'!A1",
        b"@SUM(1+1)",
        b"../../../etc/passwd",
    ),
    *(
        b"CON",
        b"nul.txt",
        b"~root",
        b"$HOME",
        b"file:///etc/passwd",
        b"\\\\host\\share",
        b"2026-02-30",
        b"0000-00-00",
        b"now",
        b"24:00",
    ),
    *(BOMB, OUTSIDE, REMOTE),
)


class Change(NamedTuple):
    """One change to a file; places are parts of its length, so that they fit whatever was changed before."""

    kind: int
    at: float
    other: float
    token: int


_KINDS = 7


def changed(seed: bytes, changes: Sequence[Change]) -> bytes:
    """Return a file with these changes."""
    content = seed
    for change in changes:
        at = int(change.at * len(content))
        end = at + int(change.other * min(len(content) - at, 400)) + 1
        token = TOKENS[change.token % len(TOKENS)]
        content = (
            content[:at] + token + content[at:],
            content[:at] + token + content[end:],
            content[:at] + content[end:],
            content[:at],
            content[:at] + content[at:end] * 3 + content[end:],
            content[:at] + bytes([change.token % 256]) + content[at + 1 :],
            content[:at] + content[int(change.other * len(content)) :][:400] + content[at:],
        )[change.kind % _KINDS]
        content = content[: 1 << 20]
    return content


_part = st.floats(0, 1, exclude_max=True, width=32)
_change = st.builds(Change, st.integers(0, _KINDS - 1), _part, _part, st.integers(0, 4 * 64 - 1))


def files(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Give files made from real ones, and ones of nothing but noise."""
    real = st.builds(changed, st.sampled_from(seeds), st.lists(_change, min_size=1, max_size=6))
    return st.one_of(real, real, real, st.binary(max_size=300), st.text(max_size=100).map(_as_bytes))


def some_file(seeds: Sequence[bytes], random: Random) -> bytes:
    """Return one of such files, quicker."""
    if not random.randrange(20):
        return random.randbytes(random.randrange(300))
    changes = [
        Change(random.randrange(_KINDS), random.random(), random.random(), random.randrange(256))
        for _ in range(random.randint(1, 6))
    ]
    return changed(random.choice(seeds), changes)


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
