"""Check an evidence file of ipo-ledger, offline and without ipo-ledger.

    python verify_evidence.py EVIDENCE.json [--key VERIFIER_KEY] [--checkpoint FILE]

An evidence file holds events as the ledger stores them, and a signed checkpoint: the name of the ledger, how many
events it had, and one hash over all of them. This script shows that the checkpoint covers each of the events, and
who signed the checkpoint. It cannot show that the ledger has no other events about the same matter.

--key         the public key of the ledger, `name+id+base64`. Get it from someone you trust, not with the evidence.
--checkpoint  a checkpoint of the ledger that you kept: the evidence must rest on that very one.

Exit code: 0  proven, and the signature is by the key given
           2  usage, or a file or key given that cannot be read
           3  the evidence agrees with itself, but THE SIGNATURE WAS NOT CHECKED: no key, or no `cryptography`
           5  not proven

It needs Python 3.9 and nothing else, and `cryptography` (pip install cryptography) for the signature alone.
What is checked, and how, is public: RFC 9162 section 2.1 (hash tree), c2sp.org/signed-note and
c2sp.org/tlog-checkpoint (checkpoint), RFC 8032 (Ed25519).
"""
# ruff: noqa: INP001, T201 - not a module of a package; it prints what it finds

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import struct
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

PROVEN, UNUSABLE, SIGNATURE_NOT_CHECKED, NOT_PROVEN = 0, 2, 3, 5
FORMAT = "ipo-ledger-evidence/1"
FILE_FIELDS: dict[str, type] = {"format": str, "events": list, "checkpoint": str}
EVENT_FIELDS: dict[str, type] = {
    "position": int,  # 1, 2, 3, ...: the place in the ledger
    "stream": str,  # the telephone system
    "version": int,  # 1, 2, 3, ...: the place among the events of that system
    "type": str,  # what happened
    "recorded_at": int,  # by the clock of the database, in microseconds since 1970-01-01T00:00:00Z
    "db_role": str,  # the database role that recorded it; empty in a ledger that is a single file
    "payload": str,  # when it happened, who recorded it and why, and what exactly: JSON as it is stored
    "proof": list,  # the hashes beside the way from this event to the root, lowest first
}
LARGEST = 2**63 - 1
LARGEST_FILE = 64 * 1024 * 1024
ED25519 = b"\x01"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - as Python 3.9 has it


class Wrong(Exception):
    """The evidence, or something given with it, is not as it must be: the sentence says how."""


# --- 1. The file: there is one way to write it -------------------------------------------------------------


def read_evidence(data: bytes) -> dict[str, Any]:
    """Read the file. Whatever is not exactly as an evidence file is written is refused, spaces included."""
    try:
        evidence: dict[str, Any] = json.loads(data.decode("utf-8"))
        again = json.dumps(evidence, indent=2, ensure_ascii=False).encode("utf-8") + b"\n"
    except (ValueError, RecursionError) as fault:
        raise Wrong(f"This is no JSON in UTF-8: {fault}.") from fault
    if again != data:
        raise Wrong("The file is not written as evidence is: something in it was changed, if only a space.")
    need_fields(evidence, FILE_FIELDS, "The file")
    if evidence["format"] != FORMAT:
        raise Wrong(f"The format is {evidence['format']!r}, and not {FORMAT!r}.")
    last = 0
    for event in evidence["events"]:
        need_fields(event, EVENT_FIELDS, f"The event after position {last}")
        if not (
            last < event["position"] <= LARGEST and all(0 <= event[f] <= LARGEST for f in ("version", "recorded_at"))
        ):
            raise Wrong(f"The event after position {last} has a number out of order or out of range.")
        last = event["position"]
    if not last:
        raise Wrong("There is no event in the file.")
    return evidence


def need_fields(thing: Any, fields: dict[str, type], what: str) -> None:
    """Refuse whatever has not exactly these fields, of these types, in this order."""
    if type(thing) is not dict or list(thing) != list(fields):
        raise Wrong(f"{what} does not have the fields {', '.join(fields)}, in this order.")
    for name, kind in fields.items():
        if type(thing[name]) is not kind:  # not isinstance: true is an int for it
            raise Wrong(f"{what} has a {name} that is no {kind.__name__}.")


def from_base64(text: Any) -> bytes:
    """Decode base64. Bits that mean nothing must be zero, so that no two texts mean the same."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as fault:
        raise Wrong(f"{text!r} is no base64.") from fault
    if base64.b64encode(data).decode() != text:
        raise Wrong(f"{text!r} is base64 with something left over.")
    return data


# --- 2. The hash tree: from an event to the root (RFC 9162, 2.1.1 and 2.1.3.2) ------------------------------


def leaf_hash(event: dict[str, Any]) -> bytes:
    """Hash an event as it is stored: numbers, lengths of the names, names, payload."""
    names = [event[name].encode("utf-8") for name in ("stream", "type", "db_role")]
    numbers = struct.pack(
        ">qqqIII", event["position"], event["version"], event["recorded_at"], *(len(name) for name in names)
    )
    leaf = b"ipo-ledger/event/v1\n" + numbers + b"".join(names) + event["payload"].encode("utf-8")
    return hashlib.sha256(b"\x00" + leaf).digest()


def root_from(found: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root that a proof leads to, from the hash of leaf `index` (0, 1, 2, ...) of `size` leaves."""
    if index >= size:
        raise Wrong(f"the checkpoint covers {size} events only")
    here, last = index, size - 1
    for sibling in proof:
        if last == 0:
            raise Wrong("its proof is too long")
        if here % 2 == 1 or here == last:
            found = hashlib.sha256(b"\x01" + sibling + found).digest()
            while here and here % 2 == 0:  # a left child without a sibling is its parent
                here, last = here // 2, last // 2
        else:
            found = hashlib.sha256(b"\x01" + found + sibling).digest()
        here, last = here // 2, last // 2
    if last != 0:
        raise Wrong("its proof is too short")
    return found


def need_inclusion(event: dict[str, Any], size: int, root: bytes) -> None:
    """Refuse an event whose proof does not lead to the root."""
    try:
        found = root_from(leaf_hash(event), event["position"] - 1, size, [from_base64(text) for text in event["proof"]])
    except Wrong as wrong:
        raise Wrong(f"Event {event['position']} is not proven: {wrong}.") from wrong
    if found != root:
        raise Wrong(f"Event {event['position']} is not proven: it was changed, or is not in this ledger.")


# --- 3. The checkpoint (c2sp.org/tlog-checkpoint, c2sp.org/signed-note) -------------------------------------


def read_note(note: str) -> tuple[str, str, bytes, bytes]:
    """Return the text of a signed note, and the name, key id and signature of the one who signed it."""
    if re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Wrong("The checkpoint has characters that no checkpoint has (lines must end with a line feed alone).")
    text, blank, signatures = note.rpartition("\n\n")
    lines = re.fullmatch(r"— (?P<name>[^ +\n]+) (?P<base64>[^ \n]+)\n", signatures)
    if not blank or lines is None:
        raise Wrong("The checkpoint does not end with an empty line and one signature.")
    data = from_base64(lines["base64"])
    return text + "\n", lines["name"], data[:4], data[4:]


def text_of(kept: str) -> str:
    """Return the text of a checkpoint that was kept; whoever keeps it may have added signatures."""
    text, blank, _ = kept.rpartition("\n\n")
    if not blank:
        raise Wrong("The checkpoint that was kept is no signed note.")
    return text + "\n"


def read_checkpoint(text: str, signer: str) -> tuple[int, bytes]:
    """Return size and root of a checkpoint, which is signed in the name that it begins with."""
    origin, *lines = text.split("\n")
    if len(lines) < 3 or "" in lines[:-1] or origin != signer:  # noqa: PLR2004 - size, root, and the end
        raise Wrong("The checkpoint is not name, size and root, signed in that name.")
    if not re.fullmatch(r"[1-9][0-9]{0,18}", lines[0]):
        raise Wrong(f"{lines[0]!r} is no size of a ledger that has events.")
    return int(lines[0]), from_base64(lines[1])


# --- 4. The signature ---------------------------------------------------------------------------------------


def read_key(line: str) -> tuple[str, bytes, bytes]:
    """Return name, id and public key of a verifier key, `name+id+base64`."""
    parts = re.fullmatch(r"(?P<name>[^ +\n]+)\+(?P<id>[0-9a-f]{8})\+(?P<base64>\S+)", line.strip())
    data = from_base64(parts["base64"]) if parts else b""
    if parts is None or len(data) != 1 + 32 or data[:1] != ED25519:
        raise Wrong("The key is no Ed25519 verifier key (name+id+base64).")
    if hashlib.sha256(parts["name"].encode("utf-8") + b"\n" + data).hexdigest()[:8] != parts["id"]:
        raise Wrong("The key is damaged: its id is that of another key.")
    return parts["name"], bytes.fromhex(parts["id"]), data[1:]


def is_signature_checked(text: str, signer: tuple[str, bytes], signature: bytes, key: tuple[str, bytes, bytes]) -> bool:
    """Refuse a wrong signature; say whether that could be found out."""
    if signer != key[:2]:
        raise Wrong(f"The checkpoint is signed by {label(*signer)}, and not by {label(*key[:2])}.")
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key[2]).verify(signature, text.encode("utf-8"))
    except InvalidSignature as fault:
        raise Wrong("The signature is wrong: the checkpoint or its signature was changed.") from fault
    return True


def label(name: str, key_id: bytes) -> str:
    """Return what a key is called."""
    return f"{name}+{key_id.hex()}"


# --- 5. The whole -------------------------------------------------------------------------------------------


def examine(data: bytes, key: str | None = None, kept: str | None = None) -> tuple[int, list[str]]:
    """Return the exit code, and the lines to print."""
    try:
        trusted = read_key(key) if key is not None else None
        kept_text = text_of(kept) if kept is not None else None
    except Wrong as wrong:
        return UNUSABLE, [str(wrong)]
    try:
        evidence = read_evidence(data)
        text, name, key_id, signature = read_note(evidence["checkpoint"])
        size, root = read_checkpoint(text, name)
    except Wrong as wrong:
        return NOT_PROVEN, [str(wrong), "NOT PROVEN."]
    wrongs, checked = [], False
    try:
        checked = trusted is not None and is_signature_checked(text, (name, key_id), signature, trusted)
    except Wrong as wrong:
        wrongs.append(str(wrong))
    if kept_text not in {None, text}:
        wrongs.append("The checkpoint is not the one that you kept.")
    for event in evidence["events"]:
        try:
            need_inclusion(event, size, root)
        except Wrong as wrong:
            wrongs.append(str(wrong))
    if wrongs:
        return NOT_PROVEN, [*wrongs, "NOT PROVEN."]
    lines = [line for event in evidence["events"] for line in shown(event)]
    lines.append(f"Ledger {name}, as it was with {size} events; root {root.hex()}.")
    if kept_text is not None:
        lines.append("This is the checkpoint that you kept.")
    if checked:
        return PROVEN, [
            *lines,
            f"Signed by {label(name, key_id)}, the key given.",
            "PROVEN: the ledger has these events.",
        ]
    why = "give --key" if key is None else "pip install cryptography"
    lines.append(f"THE SIGNATURE WAS NOT CHECKED ({why}): it says that it is by {label(name, key_id)}.")
    return SIGNATURE_NOT_CHECKED, [*lines, "The evidence agrees with itself; who made it is not known."]


def shown(event: dict[str, Any]) -> list[str]:
    """Return an event as lines to read."""
    try:
        recorded_at = (EPOCH + timedelta(microseconds=event["recorded_at"])).isoformat(timespec="microseconds")
    except OverflowError:  # a year that no calendar has
        recorded_at = f"{event['recorded_at']} microseconds after 1970"
    role = f" by database role {event['db_role']}" if event["db_role"] else ""
    head = f"Event {event['position']}: {event['type']}, number {event['version']} of {event['stream']}"
    return [f"{head}, recorded {recorded_at}{role}", f"  {event['payload']}"]


def main(arguments: list[str] | None = None) -> int:
    """Read the command line; print what was found; return the exit code."""
    parser = argparse.ArgumentParser(description="Check an evidence file of ipo-ledger, offline.")
    parser.add_argument("evidence", metavar="EVIDENCE.json", type=Path)
    parser.add_argument("--key", metavar="VERIFIER_KEY", help="name+id+base64")
    parser.add_argument("--checkpoint", metavar="FILE", type=Path, help="a checkpoint that you kept")
    given = parser.parse_args(arguments)
    try:
        kept = given.checkpoint.read_text(encoding="utf-8") if given.checkpoint else None
        with given.evidence.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            code, lines = UNUSABLE, [f"{given.evidence} is larger than any evidence ({LARGEST_FILE >> 20} MiB)."]
        else:
            code, lines = examine(data, given.key, kept)
    except (OSError, UnicodeDecodeError) as fault:
        code, lines = UNUSABLE, [str(fault)]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks some letters
    for line in lines:
        print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))
    return code


if __name__ == "__main__":
    sys.exit(main())
