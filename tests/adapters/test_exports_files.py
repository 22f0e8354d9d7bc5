"""Files that are no exports, broken ones, hostile ones; and that codes never get out."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipo_ledger.adapters.exports import ExportUnreadable, files, read_site
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.errors import Malformed
from tests.adapters.handmade_exports import answer, complaints, extension, lines, read, refusal, saved, user

CODE = "4815162342"
BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;">]><response status="1"><data>&lol3;</data></response>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE response [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<response status="1"><data totalRecords="1"><ws_object><User><Name>&secret;</Name></User></ws_object></data>
</response>"""


@pytest.mark.parametrize(
    "document",
    [
        BOMB,
        EXTERNAL,
        BOMB.replace("response", "users"),
        '<!DOCTYPE response SYSTEM "http://192.0.2.1/x.dtd">' + answer(user("Ana", "201")),
        "<!DOCTYPE response>" + answer(user("Ana", "201")),
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://192.0.2.1/x">%p;]>' + answer(user("Ana", "201")),
        BOMB.encode("utf-16"),
    ],
    ids=[
        "bomb",
        "external",
        "bomb-users-xml",
        "external-dtd",
        "empty-dtd",
        "parameter-entity",
        "utf-16-bomb",
    ],
)
def test_document_types_and_entities_are_refused(tmp_path: Path, document: str | bytes) -> None:
    said = complaints(tmp_path, document)

    assert said == [
        "file-1: has a document type or entities, which no export has and which can do harm: it was not read"
    ]


def test_an_entity_in_a_second_document_is_not_expanded_either(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, answer(user("Ana", "201")) + BOMB)

    assert said.startswith("file-1: is not well-formed XML")


@pytest.mark.parametrize("form", ["xml", "json"])
def test_an_export_that_is_cut_off_anywhere_is_refused(tmp_path: Path, form: str) -> None:
    site = synthetic_site(2)
    paths = write_export(site, tmp_path, form="xml" if form == "xml" else "json")
    whole = paths[0].read_bytes().rstrip()

    for length in range(len(whole)):
        paths[0].write_bytes(whole[:length])
        refusal(paths)


def test_a_cut_off_export_is_called_that(tmp_path: Path) -> None:
    page = answer(user("Ana", "201"))

    [xml] = complaints(tmp_path, page[:-18])
    [in_a_tag] = complaints(tmp_path, page[:-3])
    [json] = complaints(tmp_path, '{"response": {"data": [\n')
    [in_a_text] = complaints(tmp_path, '{"response": {"da')

    assert xml == in_a_tag == "file-1: is cut off: the XML ends in line 3, before its elements do"
    assert json == "file-1: is cut off: the JSON ends in line 2, before its objects do"
    assert in_a_text.startswith("file-1: is cut off")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is a picture, not an export"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "is a picture, not an export"),
        (b"PK\x03\x04\x14\x00", "'CSV UTF-8'"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (b"\x1f\x8b\x08\x00", "unpack it"),
        (b"\x7fELF\x02\x01\x00\x00", "is not text"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "begins like UTF-16 text but is not"),
        (b"\xef\xbb\xbf<a>\xc3", "begins like UTF-8 text but is not"),
        (b"<!DOCTYPE html>\n<html><body>Log in</body></html>", "is a web page"),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<HTML xmlns="x">', "is a web page"),
        (b"<response><data></response>", "is not well-formed XML: mismatched tag, line 1"),
        (b"<response>&nbsp;</response>", "is not well-formed XML: undefined entity, line 1"),
        (b'{"response": {"data": nope}}', "is not well-formed JSON: Expecting value, line 1"),
        (b"Dear all,\nthe export follows.\n", "has the headers 'Dear all', ''"),
        (b",,,\n;\n", "has the headers"),
    ],
)
def test_what_is_no_export_is_told_in_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    [said] = complaints(tmp_path, content)

    assert words in said


def test_a_name_says_nothing_of_what_a_file_is(tmp_path: Path) -> None:
    path = saved(tmp_path, "picture.png", answer(user("Ana", "201")))

    assert read_site([path]).users is not None


def test_a_missing_file_and_a_directory_are_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    said = lines(refusal([tmp_path / "none.xml", tmp_path / "folder"]), tmp_path)

    assert said == ["none.xml: there is no such file", "folder: is a directory: name the files in it"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path, "users.xml", answer(user("Ana", "201")))
    path.chmod(0)

    assert lines(refusal([path]), tmp_path) == ["users.xml: cannot be opened: Permission denied"]


def test_an_impossible_file_name_is_told() -> None:
    assert "cannot be opened" in refusal([Path("a\x00b")]).message


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(files.LARGEST_FILE + 1)  # a hole: it takes no room

    assert lines(refusal([path]), tmp_path) == [
        "huge.xml: is larger than 32 MiB, three times the export of the largest system: give it in parts"
    ]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless file")
def test_an_endless_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST_FILE", 1 << 20)

    assert "is larger than 1 MiB" in refusal([Path("/dev/zero")]).message


def test_no_file_at_all_is_refused() -> None:
    assert "holds neither users nor extensions" in refusal([]).message


@pytest.mark.parametrize("document", ["<a>" * 200_000, "[" * 200_000, '{"response":' * 100_000])
def test_what_is_nested_too_deep_is_refused(tmp_path: Path, document: str) -> None:
    assert len(complaints(tmp_path, document)) == 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_bytes_a_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    refusal([saved(tmp_path_factory.mktemp("any"), "any", content)])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([b"", b"\x00", b"<", b"</User>", b'"', b"{", b"]", b"\xff", b"9"]))
def test_wherever_an_export_is_damaged_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, damage: bytes
) -> None:
    for content in (answer(user("Ana", "201", LoginCode=CODE)).encode(), JSON_PAGE.encode()):
        at = place % len(content)
        path = saved(tmp_path_factory.mktemp("damaged"), "page", content[:at] + damage + content[at + 1 :])

        try:
            read_site([path])
        except ExportUnreadable as error:
            assert CODE not in error.message


JSON_PAGE = (
    '{"response": {"@status": "1", "data": {"@totalRecords": 1, "ws_object": {"User": '
    f'{{"Name": "Ana", "Extension": 201, "LoginCode": {CODE}, "VoicemailCode": "{CODE}"}}}}}}}}}}'
)


# --- everything at once ------------------------------------------------------------------------------------


def test_everything_wrong_over_all_files_is_said_at_once(tmp_path: Path) -> None:
    said = complaints(
        tmp_path,
        answer(user("Ana", "201"), user("Bo.", "201"), total=5),
        "no export",
        answer(extension("x"), extension(2, "2")),
        "<response>",
    )

    assert [line.partition(":")[0] for line in said] == [
        "file-1",
        "file-1, record 2",
        "file-1, record 2",
        "file-2",
        "file-3, record 1",
        "file-3, record 2",
        "file-4",
    ]


def test_the_error_is_malformed_with_details_and_a_way_out(tmp_path: Path) -> None:
    error = refusal([tmp_path / "none.xml"])

    assert isinstance(error, Malformed)
    assert error.code == "export-unreadable"
    assert error.details == {
        "complaints": [{"file": str(tmp_path / "none.xml"), "where": "", "message": "there is no such file"}]
    }
    assert error.message == f"The export cannot be read:\n{tmp_path / 'none.xml'}: there is no such file"
    assert str(error) == error.message
    assert "ipo-ledger import --help" in error.hint


def test_the_message_stops_after_50_complaints_and_the_details_keep_all(tmp_path: Path) -> None:
    error = refusal([saved(tmp_path, "users.xml", answer(*(user(f"U{n}.", str(200 + n)) for n in range(60))))])

    assert len(error.details["complaints"]) == 60
    assert error.message.splitlines()[-1] == "... and 10 more"
    assert len(error.message.splitlines()) == 52


def test_the_error_survives_pickling(tmp_path: Path) -> None:
    error = refusal([tmp_path / "none.xml"])

    again = pickle.loads(pickle.dumps(error))

    assert (again.message, again.details, again.hint) == (error.message, error.details, error.hint)


# --- codes -------------------------------------------------------------------------------------------------


def test_codes_are_in_no_object(tmp_path: Path) -> None:
    page = answer(user("Ana", "201", LoginCode=CODE, VoicemailCode=CODE, Password=CODE))
    listed = f"name,number,login code\nBo,202,{CODE}\n"

    site = read(tmp_path, page, listed)
    other = read(tmp_path, JSON_PAGE)

    assert [each.has_login_code for each in (*(site.users or ()), *(other.users or ()))] == [True, True, True]
    assert CODE not in repr((site, other))


@pytest.mark.parametrize(
    "content",
    [
        answer(user("Ana.", "x", LoginCode=CODE, VoicemailCode=CODE), total=9),
        answer(user("Ana", "201", LoginCode=CODE))[:-9],
        answer(user("Ana", "201", LoginCode=CODE)).replace("</LoginCode>", "&bad;</LoginCode>"),
        answer(user("Ana", "201", LoginCode=CODE)).replace("</LoginCode>", "</Login>"),
        f"de>{CODE}</LoginCode></User>\n",
        JSON_PAGE[:-4],
        JSON_PAGE.replace("}}}}", "}nope}}}"),
        JSON_PAGE.replace("201", "null, null"),
        f"Ana;201;{CODE}\nBo;202;{CODE}",
        f'name,number,login code\nAna.,x,{CODE}\nAna.,x,{CODE}\n"Cy"{CODE},203,{CODE}\n',
        f"name,number,login code\nAna,201,x{CODE}\n",
        f"name,number,forced login\nAna,201,{CODE}\n",
        f"name,number\nAna,201,{CODE}\n",
    ],
)
def test_codes_are_in_no_message_and_no_traceback(tmp_path: Path, content: str) -> None:
    error = refusal([saved(tmp_path, "export", content)])

    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert CODE not in "".join(told.format())
    assert CODE not in repr((error, error.details, error.hint, error.args))
    assert error.__cause__ is error.__context__ is None


# --- start-up ----------------------------------------------------------------------------------------------


def test_importing_the_package_imports_no_parser() -> None:
    script = "import sys, ipo_ledger.adapters.exports; print(*sys.modules, sep='\\n')"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    imported = done.stdout.splitlines()
    assert not {"defusedxml", "xml.etree.ElementTree", "csv", "tomllib", "json"} & set(imported)
