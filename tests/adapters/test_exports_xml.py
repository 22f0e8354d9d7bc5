"""Management API XML and Web Manager's users.xml: what they say, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.handmade_exports import answer, complaints, extension, extensions, read, user, users

ENVELOPE = (
    '<response status="0"><data><ws_object><SMAError>{}</SMAError></ws_object></data></response>'
    # where the error sits is not documented; public clients find it in ws_object/SMAError
)


def test_pages_of_users_and_extensions_in_several_files_are_one_site(tmp_path: Path) -> None:
    site = read(
        tmp_path,
        answer(user("Ana", "201"), total=2),
        answer(extension(1, "201")),
        answer(user("Bruno", "202"), total=2),
    )

    assert sorted(users(site)) == ["Ana", "Bruno"]
    assert extensions(site)[1].base_extension == "201"


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    pages = [answer(user(name, number), total=3) for name, number in (("C", "1203"), ("A", "201"), ("B", "202"))]

    site, reversed_site = read(tmp_path, *pages), read(tmp_path, *reversed(pages))

    assert [each.name for each in site.users or ()] == ["A", "B", "C"]
    assert [each.name for each in reversed_site.users or ()] == ["A", "B", "C"]


@pytest.mark.parametrize("form", ["<all>{}{}</all>", "{}{}", '<?xml version="1.0"?>\n{}\n<?xml version="1.0"?>\n{}\n'])
def test_several_answers_may_be_one_file(tmp_path: Path, form: str) -> None:
    site = read(tmp_path, form.format(answer(user("Ana", "201")), answer(extension(1, "201"))))

    assert list(users(site)) == ["Ana"]
    assert list(extensions(site)) == [1]


def test_text_after_an_answer_is_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, answer(user("Ana", "201")) + "\ncurl: (28) timed out\n")

    assert said == ["file-1: has text between its answers or after them"]


def test_an_export_of_users_alone_says_nothing_of_extensions(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("Ana", "201")))

    assert site.extensions is None
    assert site.users is not None


def test_an_export_of_extensions_alone_says_nothing_of_users(tmp_path: Path) -> None:
    site = read(tmp_path, answer(extension(1)))

    assert site.users is None


def test_the_inner_extension_of_an_extension_is_its_base_and_may_be_blank(tmp_path: Path) -> None:
    site = read(tmp_path, answer(extension(1, "306"), extension(2, "", port="2")))

    assert extensions(site)[1].base_extension == "306"
    assert extensions(site)[2].base_extension is None


def test_an_extension_says_its_module_port_and_kind(tmp_path: Path) -> None:
    site = read(tmp_path, answer(extension(11218, "306", "0", "0", TypeInfo="3"), extension(9, "307", "BP", "07")))

    assert (extensions(site)[11218].module, extensions(site)[11218].port, extensions(site)[11218].kind) == (
        "0",
        0,
        3,
    )
    assert (extensions(site)[9].module, extensions(site)[9].port) == ("BP", 7)


def test_leading_zeros_of_numbers_are_kept_and_those_of_a_module_number_are_not(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("Ana", "0201")), answer(extension(1, "0201", "03")))

    assert users(site)["Ana"].number == "0201"
    assert extensions(site)[1].base_extension == "0201"
    assert extensions(site)[1].module == "3"


def test_the_special_users_count_as_records_but_are_nobody(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("NoUser"), user("Remote Manager"), user("Ana", "201"), total=3))

    assert list(users(site)) == ["Ana"]


def test_a_user_without_a_number_is_a_user(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("Ana", "")))

    assert users(site)["Ana"].number is None


def test_login_codes_become_yes_no_or_not_said(tmp_path: Path) -> None:
    site = read(
        tmp_path,
        answer(user("Ana", "201", LoginCode="48151623"), user("Bo", "202", LoginCode=" "), user("Cy", "203")),
    )

    assert [each.has_login_code for each in site.users or ()] == [True, False, None]


def test_a_user_says_the_full_name_a_blank_one_too_and_nothing_of_forced_login(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("Ana", "201", FullName="Ana & <Co>"), user("Bo", "202", FullName="")))

    assert [each.full_name for each in site.users or ()] == ["Ana & <Co>", ""]
    assert [each.forced_login for each in site.users or ()] == [None, None]


def test_each_value_knows_the_file_and_record_that_said_it(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("NoUser"), user("Ana", "201")))

    assert users(site)["Ana"].source == f"{tmp_path / 'file-1'}, record 2"


def test_namespaces_attributes_and_unknown_elements_are_let_be(tmp_path: Path) -> None:
    page = """<a:response xmlns:a="urn:x" xmlns="urn:y" status="1" more="1"><extra><User>no</User></extra>
      <a:data totalRecords="1" set="1"><a:ws_object guid="1"><User><Buttons><Name>Button</Name>
      <Extension>999</Extension></Buttons><Name>Ana</Name><!-- c --><Extension><![CDATA[201]]></Extension>
      <New><Er/></New></User></a:ws_object></a:data></a:response>"""

    site = read(tmp_path, page)

    assert {name: each.number for name, each in users(site).items()} == {"Ana": "201"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_unicode_encoding_is_read_with_its_mark_or_without(tmp_path: Path, encoding: str) -> None:
    page = answer(user("Ana", "201", FullName="Zoë Łukasz"))

    site = read(tmp_path, page.encode(encoding))

    assert users(site)["Ana"].full_name == "Zoë Łukasz"


@pytest.mark.parametrize(("declared", "real"), [("UTF-16", "utf-8"), ("UTF-8", "utf-16"), ("ISO-8859-1", "utf-8")])
def test_a_file_that_was_saved_in_another_encoding_than_it_declares_is_read(
    tmp_path: Path, declared: str, real: str
) -> None:
    page = f'<?xml version="1.0" encoding="{declared}"?>' + answer(user("Ana", "201", FullName="Zoë"))

    site = read(tmp_path, page.encode(real))

    assert users(site)["Ana"].full_name == "Zoë"


def test_xml_in_an_older_encoding_is_read_when_it_declares_it(tmp_path: Path) -> None:
    page = '<?xml version="1.0" encoding="windows-1252"?>' + answer(user("Ana", "201", FullName="Zoë"))

    site = read(tmp_path, page.encode("cp1252"))

    assert users(site)["Ana"].full_name == "Zoë"


@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="klingon"?>'])
def test_xml_in_an_encoding_that_it_does_not_declare_well_is_refused(tmp_path: Path, declaration: str) -> None:
    page = declaration + answer(user("Ana", "201", FullName="Zoë"))

    [said] = complaints(tmp_path, page.encode("cp1252"))

    assert "encoding" in said


# --- completeness ------------------------------------------------------------------------------------------


def test_missing_pages_are_refused_with_how_many_of_how_many(tmp_path: Path) -> None:
    said = complaints(tmp_path, answer(user("NoUser"), user("Ana", "201"), total=3), answer(extension(1)))

    assert said == ["file-1: 2 of 3 users are here: pages are missing"]


def test_more_records_than_there_are_is_refused(tmp_path: Path) -> None:
    [said] = complaints(
        tmp_path,
        answer(extension(1), total=2),
        answer(extension(2, port="2"), extension(3, port="3"), total=2),
    )

    assert said.startswith("file-1, file-2: 3 of 2 extensions are here")


def test_a_page_given_twice_is_said_once(tmp_path: Path) -> None:
    page = answer(user("Ana", "201"), user("Bruno", "202"))

    said = complaints(tmp_path, page, page)

    assert said == ["file-2: is the same as file-1: give each file once"]


def test_a_page_given_twice_in_other_bytes_shows_in_its_duplicates(tmp_path: Path) -> None:
    page = answer(user("Ana", "201"), user("Bruno", "202"))

    said = complaints(tmp_path, page, page + "\n")

    assert said == [
        "file-1, file-2: 4 of 2 users are here: pages are given twice, or are not of one site",
        "file-2, record 1: the user 'Ana' is there twice, first in file-1, record 1",
        "file-2, record 2: the user 'Bruno' is there twice, first in file-1, record 2",
    ]


def test_pages_of_different_moments_are_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, answer(user("Ana", "201"), total=2), answer(user("Bruno", "202"), total=3))

    assert said == ["file-1, file-2: totalRecords differs from page to page (2 and 3): the pages are not of one moment"]


def test_an_empty_page_after_the_last_is_let_be(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("Ana", "201")), answer(total=1), answer(total=0))

    assert list(users(site)) == ["Ana"]


def test_an_empty_page_of_records_that_are_nowhere_is_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, answer(user("Ana", "201")), answer(total=7))

    assert said == ["file-2: holds no record, though totalRecords says that there are 7"]


def test_a_page_that_does_not_say_how_many_there_are_is_taken_as_it_is(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("Ana", "201")).replace(' totalRecords="1"', ""))

    assert list(users(site)) == ["Ana"]


def test_a_total_that_is_no_number_is_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, answer(user("Ana", "201"), total="many"))

    assert said == ["file-1: totalRecords is 'many', not a number"]


def test_a_page_that_mixes_users_and_extensions_is_refused(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, answer(user("Ana", "201"), extension(1)))

    assert "mixes users and extensions" in said


def test_answers_about_other_things_are_refused_by_their_name(tmp_path: Path) -> None:
    members = "<User>Ana</User><Extension>300</Extension>"
    group = f"<ws_object><HuntGroup><Name>Sales</Name>{members}</HuntGroup></ws_object>"

    said = complaints(tmp_path, answer(group))

    assert said == ["file-1: holds objects that are neither users nor extensions: 'HuntGroup'"]


def test_answers_without_any_record_are_refused(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, answer(total=0))

    assert said == "file-1: holds neither users nor extensions"


# --- records that lack something ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "element",
    ["<Id>7</Id>", "<Module>BD</Module>", "<Port>3</Port>", "<Extension>201</Extension>"],
)
def test_an_extension_that_does_not_say_all_it_has_to_is_refused(tmp_path: Path, element: str) -> None:
    whole = extension(7, "201", "BD", "3")
    assert element in whole

    [said] = complaints(tmp_path, answer(whole.replace(element, "")))

    assert said.startswith("file-1, record 1: the extension does not say its ")


def test_a_user_without_an_extension_element_is_refused_for_that_is_no_blank_number(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, answer(user("Ana").replace("<Extension></Extension>", "")))

    assert said == "file-1, record 1: the user does not say its number (a user's Extension)"


def test_a_user_without_a_name_is_refused(tmp_path: Path) -> None:
    assert complaints(tmp_path, answer(user("", "201"))) == ["file-1, record 1: the user has a blank user name"]


@pytest.mark.parametrize("extension_id", ["A7", "7.0", "-7", "٣", "1_0", "12345678901"])
def test_an_extension_id_that_is_no_whole_number_is_refused(tmp_path: Path, extension_id: str) -> None:
    [said] = complaints(tmp_path, answer(extension(extension_id)))

    assert said == f"file-1, record 1: the extension id '{extension_id}' is not a whole number"


def test_everything_wrong_with_a_record_is_said(tmp_path: Path) -> None:
    said = complaints(tmp_path, answer(extension("x", "y", "", "z", TypeInfo="t")))

    assert [each.removeprefix("file-1, record 1: ") for each in said] == [
        "the extension has a blank module",
        "the extension id 'x' is not a whole number",
        "the port 'z' is not a whole number",
        "the kind (TypeInfo) 't' is not a whole number",
    ]


# --- the errors a system answers with ----------------------------------------------------------------------


def test_an_error_that_the_system_answered_with_is_said_as_it_is(tmp_path: Path) -> None:
    words = "extension number\n already exists"
    error = f"<error><error_code>9042</error_code><error_desc>{words}</error_desc></error>"

    said = complaints(tmp_path, ENVELOPE.format(error))

    assert said == ["file-1: the system answered with error 9042: extension number already exists"]


def test_several_errors_are_all_said(tmp_path: Path) -> None:
    error = "<error><error_code>{}</error_code><error_desc>what {}</error_desc></error>"

    said = complaints(tmp_path, ENVELOPE.format(error.format(1, "a") + error.format(2, "b")))

    assert said == [
        "file-1: the system answered with error 1: what a",
        "file-1: the system answered with error 2: what b",
    ]


def test_an_error_directly_in_the_answer_is_found_too(tmp_path: Path) -> None:
    page = '<response status="0"><error><error_code>7</error_code></error></response>'

    assert complaints(tmp_path, page) == ["file-1: the system answered with error 7: no description"]


def test_a_failure_without_an_error_is_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, '<response status="0"><data/></response>')

    assert said == ["file-1: the system answered that it failed (status 0), without saying why"]


# --- Web Manager -------------------------------------------------------------------------------------------

USERS_XML = """<?xml version="1.0" encoding="UTF-8"?>
<data><SystemName>HQ</SystemName><PBXAddress>192.0.2.1</PBXAddress><Last-Modified>1</Last-Modified>
<User GUID="1"><Name>NoUser</Name><Extension/><PBXAddress>192.0.2.1</PBXAddress></User>
<ws_object><User GUID="2"><Name>Ana</Name><FullName>Ana Ruiz</FullName><Extension>201</Extension>
<LoginCode>48151623</LoginCode></User></ws_object></data>"""


def test_web_managers_users_are_read_and_it_says_nothing_of_extensions(tmp_path: Path) -> None:
    site = read(tmp_path, USERS_XML)

    assert list(users(site)) == ["Ana"]
    assert users(site)["Ana"].has_login_code is True
    assert site.extensions is None


def test_web_managers_users_go_with_the_management_apis_extensions(tmp_path: Path) -> None:
    site = read(tmp_path, USERS_XML, answer(extension(1, "201")))

    assert (list(users(site)), list(extensions(site))) == (["Ana"], [1])


def test_some_other_xml_is_refused_with_its_root(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>')

    assert said.startswith("file-1: is XML, but no export: no `response` and no `User` in it (its root is 'svg')")
