"""CSV lists: read by their header row, and by what a mapping file says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipo_ledger.adapters.exports import read_site
from ipo_ledger.adapters.exports.csv_lists import HEADERS
from ipo_ledger.adapters.exports.pages import Kind
from ipo_ledger.domain.site import Site
from tests.adapters.handmade_exports import complaints, extensions, lines, read, refusal, saved, users

EXTENSIONS = "extension_id,module,port,base_extension\n1,BD,1,201\n2,BD,2,\n"
USERS = "name,number\nAna,201\nBruno,\n"


def read_mapped(folder: Path, mapping: str, content: str) -> Site:
    """Read one list with a mapping file."""
    return read_site([saved(folder, "list.csv", content)], saved(folder, "map.toml", mapping))


def mapped_complaints(folder: Path, mapping: str | bytes, content: str) -> list[str]:
    """Read one list with a mapping file, which must be refused."""
    return lines(refusal([saved(folder, "list.csv", content)], saved(folder, "map.toml", mapping)), folder)


def test_a_list_of_extensions_and_one_of_users_are_one_site(tmp_path: Path) -> None:
    site = read(tmp_path, EXTENSIONS, USERS)

    assert {number: each.base_extension for number, each in extensions(site).items()} == {1: "201", 2: None}
    assert {name: each.number for name, each in users(site).items()} == {"Ana": "201", "Bruno": None}


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_columns_are_separated_by_semicolons_commas_or_tabs_in_any_order(tmp_path: Path, delimiter: str) -> None:
    header = ["Base Extension", "PORT", "Desk; place, if any", "module", "Extension ID"]
    row = ["201", "4", "Room 3; left, window", "3", "12"]
    content = "\r\n".join(delimiter.join(f'"{cell}"' for cell in cells) for cells in (header, row))

    [found] = extensions(read(tmp_path, content)).values()

    assert (found.extension_id, found.module, found.port, found.base_extension) == (12, "3", 4, "201")


@pytest.mark.parametrize("header", ["ID,Module,Port,Base Extension", "extension_id,MODULE,port,BaseExtension"])
def test_headers_are_known_in_capitals_or_not_with_spaces_or_underscores(tmp_path: Path, header: str) -> None:
    assert list(extensions(read(tmp_path, f"{header}\n1,BD,1,201\n"))) == [1]


def test_what_else_a_list_says_is_taken(tmp_path: Path) -> None:
    header = "Name;Extension;Full Name;Forced Login;Login Code\n"
    content = header + "Ana;201;Ana Ruiz;yes;48151623\nBo;202;;No;\nCy;203;;;no\n"

    site = read(tmp_path, content)

    assert [each.full_name for each in site.users or ()] == ["Ana Ruiz", "", ""]
    assert [each.forced_login for each in site.users or ()] == [True, False, None]
    assert [each.has_login_code for each in site.users or ()] == [True, False, False]


def test_a_list_without_the_columns_does_not_say(tmp_path: Path) -> None:
    found = users(read(tmp_path, USERS))["Ana"]

    assert (found.full_name, found.forced_login, found.has_login_code) == (None, None, None)


@pytest.mark.parametrize(("cell", "has"), [("yes", True), ("TRUE", True), ("****", True), ("0", False), ("1234", True)])
def test_a_login_code_may_be_masked_or_be_a_yes_or_no(tmp_path: Path, cell: str, has: bool) -> None:
    site = read(tmp_path, f"name,number,login code\nAna,201,{cell}\n")

    assert users(site)["Ana"].has_login_code is has


def test_a_login_code_that_is_neither_a_code_nor_a_yes_or_no_is_refused_and_not_quoted(
    tmp_path: Path,
) -> None:
    said = complaints(tmp_path, "name,number,login code\nAna,201,secret99\n")

    assert said == ["file-1, line 2: the login code is neither a code of 4 to 31 digits nor yes or no"]


def test_a_forced_login_that_is_neither_yes_nor_no_is_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, "name,number,forced login\nAna,201,perhaps\n")

    assert said == ["file-1, line 2: forced login is neither yes nor no"]


def test_complaints_name_the_line_that_a_row_begins_in(tmp_path: Path) -> None:
    content = 'name,number,full name\n\nAna,201,"Ana\r\nRuiz"\n;;;\n , , \nBruno,2O2,B\n'.replace(";;;", ",,")

    said = complaints(tmp_path, content)

    assert [line.split(": ")[0] for line in said] == ["file-1, line 3", "file-1, line 7"]


def test_the_special_users_are_left_out(tmp_path: Path) -> None:
    assert list(users(read(tmp_path, "name,number\nNoUser,\nAna,201\n"))) == ["Ana"]


def test_a_row_with_more_cells_than_the_header_is_refused_and_empty_ones_are_let_be(tmp_path: Path) -> None:
    said = complaints(tmp_path, "name,number\nAna,201,,\nBruno,202,x\n")

    assert said == ["file-1, line 3: has 3 cells, but the header has 2"]


def test_a_row_with_fewer_cells_is_blank_where_they_are_missing(tmp_path: Path) -> None:
    assert extensions(read(tmp_path, "id,module,port,base extension\n5,BD,1\n"))[5].base_extension is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_marked_utf_16_are_read(tmp_path: Path, encoding: str) -> None:
    site = read(tmp_path, "name\tnumber\tfull name\nAna\t201\tZoë Łukasz\n".encode(encoding))

    assert users(site)["Ana"].full_name == "Zoë Łukasz"


def test_another_encoding_is_refused_with_the_way_out(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, "name;number;full name\nAna;201;Zoë\n".encode("cp1252"))

    assert said == "file-1: is neither UTF-8 nor UTF-16 text: save it as UTF-8 (in Excel: 'CSV UTF-8')"


def test_a_header_that_fits_nothing_is_refused_with_what_there_is_and_what_is_needed(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, "Benutzer;Nummer\nAna;201\n")

    assert said == (
        "file-1: has the headers 'Benutzer', 'Nummer'; "
        "extensions need extension_id, module, port, base_extension "
        "(missing: extension_id, module, port, base_extension); "
        "users need name, number (missing: name, number); other headers are named with --map"
    )


def test_a_list_for_the_batch_command_is_no_export(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, "extension_id,base_extension\n7,203\n")

    assert "missing: module, port)" in said


def test_a_list_without_a_header_is_refused_without_quoting_what_may_be_a_code(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, "Ana,201,48151623\nBruno,202,48151624\n")

    assert "'Ana', '201', '...'" in said


def test_a_header_that_fits_both_kinds_of_list_is_refused(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, "ID,Module,Port,Base Extension,Name,Number\n1,BD,1,201,Ana,201\n")

    assert "split it" in said


def test_a_header_that_fits_both_kinds_is_read_as_the_one_that_the_mapping_names(tmp_path: Path) -> None:
    content = "ID,Module,Port,Base Extension,Name,Number\n1,BD,1,201,Ana,201\n"

    site = read_mapped(tmp_path, '[users]\nnumber = "Number"\n', content)

    assert (list(users(site)), site.extensions) == (["Ana"], None)


def test_two_headers_of_one_field_are_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, "Name,Number,Extension\nAna,201,201\n")

    assert said == ["file-1, header: 'Number' and 'Extension' are both headers of number: name one with --map"]


def test_a_mapping_chooses_between_two_headers(tmp_path: Path) -> None:
    site = read_mapped(tmp_path, '[users]\nnumber = "Extension"\n', "Name,Number,Extension\nAna,1,201\n")

    assert users(site)["Ana"].number == "201"


def test_a_mapping_names_other_headers(tmp_path: Path) -> None:
    mapping = '[users]\nname = "Benutzer"\nnumber = "Nebenstelle"\n[extensions]\nextension_id = "Nr."\n'

    assert list(users(read_mapped(tmp_path, mapping, "nebenstelle;BENUTZER\n201;Ana\n"))) == ["Ana"]
    assert list(extensions(read_mapped(tmp_path, mapping, "Nr.;Module;Port;Base Extension\n4;BD;1;\n"))) == [4]


def test_a_mapping_with_a_header_that_the_list_lacks_is_refused(tmp_path: Path) -> None:
    needed = mapped_complaints(tmp_path, '[users]\nnumber = "Nummer"\n', USERS)
    optional = mapped_complaints(tmp_path, '[users]\nfull_name = "Voller Name"\n', USERS)

    assert "there is no 'Nummer', which the --map file gives for number" in needed[0]
    assert optional == ["list.csv, header: there is no 'Voller Name', which the --map file gives for full_name"]


def test_unknown_tables_and_fields_of_a_mapping_are_refused(tmp_path: Path) -> None:
    mapping = 'title = "x"\n[user]\nname = "a"\n[users]\nshoe_size = "b"\nname = 3\n'

    said = mapped_complaints(tmp_path, mapping, USERS)

    assert said == [
        "map.toml: has 'title': only [extensions] and [users] are known",
        "map.toml: has 'user': only [extensions] and [users] are known",
        f"map.toml, [users]: 'shoe_size' is no field; these are: {', '.join(HEADERS[Kind.USER])}",
        'map.toml, [users]: name needs a header in quotes: name = "..."',
    ]


@pytest.mark.parametrize("mapping", ["[users", b"\xff\xfe\xfa", "a = " + "[" * 20_000])
def test_a_mapping_that_is_no_toml_is_refused(tmp_path: Path, mapping: str | bytes) -> None:
    [said] = mapped_complaints(tmp_path, mapping, USERS)

    assert said.startswith("map.toml: is not ")


def test_a_mapping_that_is_not_there_is_refused(tmp_path: Path) -> None:
    error = refusal([saved(tmp_path, "list.csv", USERS)], tmp_path / "none.toml")

    assert lines(error, tmp_path) == ["none.toml: there is no such file"]


def test_a_header_with_nothing_below_it_is_refused_for_that_is_no_empty_site(tmp_path: Path) -> None:
    assert complaints(tmp_path, "name,number\n\n") == ["file-1: has a header, but nothing below it"]


@pytest.mark.parametrize("content", ['name,number\n"Ana,201\nBo,202\n', 'name,number\n"Ana"x,201\n'])
def test_quotation_marks_that_do_not_match_are_refused_and_nothing_is_quoted(tmp_path: Path, content: str) -> None:
    [said] = complaints(tmp_path, content)

    assert said.startswith("file-1: is not a CSV list")
    assert "Ana" not in said
