"""Management API JSON, with what happens to it in the field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ipo_ledger.domain.site import Site
from tests.adapters.handmade_exports import answer, complaints, extensions, read, user, users

ANA = {"@GUID": "0A", "Name": "Ana", "FullName": "Ana Ruiz", "Extension": 201, "LoginCode": 48151623}
BRUNO = {"@GUID": "0B", "Name": "Bruno", "FullName": "", "Extension": "202", "LoginCode": ""}
SEVEN = {"@GUID": "0C", "Id": 7, "Extension": 201, "TypeInfo": 1, "Module": 0, "Port": 0}
EIGHT = {"@GUID": "0D", "Id": 8, "Extension": 202, "TypeInfo": 0, "Module": "BD", "Port": 3}


def page(held: object, total: object = 1, **beside: object) -> dict[str, Any]:
    """Make an answer of one page."""
    data = {"@set": 75, "@totalRecords": total, "ws_object": held}
    return {"response": {"@status": "1", "data": data}, **beside}


def read_json(folder: Path, *documents: object) -> Site:
    """Read documents, each a file."""
    return read(folder, *(json.dumps(document) for document in documents))


def test_users_and_extensions_are_read_with_numbers_as_text(tmp_path: Path) -> None:
    site = read_json(tmp_path, page([{"User": ANA}, {"User": BRUNO}], 2), page([{"Extension": EIGHT}]))

    assert [each.number for each in site.users or ()] == ["201", "202"]
    assert [each.has_login_code for each in site.users or ()] == [True, False]
    assert extensions(site)[8].base_extension == "202"
    assert (extensions(site)[8].module, extensions(site)[8].port, extensions(site)[8].kind) == ("BD", 3, 0)


def test_one_object_and_a_list_of_one_are_the_same(tmp_path: Path) -> None:
    assert users(read_json(tmp_path, page({"User": ANA}))) == users(read_json(tmp_path, page([{"User": ANA}])))


@pytest.mark.parametrize("number", [None, "", {}])
def test_an_empty_number_is_null_or_a_text_or_an_object(tmp_path: Path, number: object) -> None:
    site = read_json(tmp_path, page([{"User": ANA | {"Extension": number}}]))

    assert users(site)["Ana"].number is None


@pytest.mark.parametrize(("code", "has"), [(None, False), ("", False), ({}, False), (123456, True), ("0000", True)])
def test_a_login_code_becomes_yes_or_no(tmp_path: Path, code: object, has: bool) -> None:
    site = read_json(tmp_path, page([{"User": ANA | {"LoginCode": code}}]))

    assert users(site)["Ana"].has_login_code is has


def test_names_that_were_made_numbers_or_truths_are_text_again(tmp_path: Path) -> None:
    names = page([{"User": ANA | {"Name": 2010}}, {"User": BRUNO | {"Name": True}}], 2)

    assert sorted(users(read_json(tmp_path, names))) == ["2010", "true"]


@pytest.mark.parametrize("spelled", ["@{}", "-{}", "{}"])
def test_attributes_are_found_in_each_spelling(tmp_path: Path, spelled: str) -> None:
    data = {spelled.format("totalRecords"): "2", "ws_object": {"User": {spelled.format("GUID"): "0A", **ANA}}}
    response = {spelled.format("status"): 1, "data": data}

    said = complaints(tmp_path, json.dumps({"response": response}))

    assert said == ["file-1: 1 of 2 users are here: pages are missing"]


def test_data_may_be_a_list_of_pages(tmp_path: Path) -> None:
    data = [
        {"@totalRecords": 2, "ws_object": {"User": ANA}},
        {"@totalRecords": 2, "ws_object": {"User": BRUNO}},
        {"@totalRecords": 1, "ws_object": [{"Extension": SEVEN}]},
    ]

    site = read_json(tmp_path, {"response": {"@status": "1", "data": data}})

    assert (sorted(users(site)), list(extensions(site))) == (["Ana", "Bruno"], [7])


def test_answers_may_be_a_list_or_one_after_the_other(tmp_path: Path) -> None:
    first, second = page({"User": ANA}, 2), page({"User": BRUNO}, 2)

    listed, in_lines = (
        read_json(tmp_path, [first, second]),
        read(tmp_path, f"{json.dumps(first)}\n{json.dumps(second)}\n"),
    )

    assert sorted(users(listed)) == sorted(users(in_lines)) == ["Ana", "Bruno"]


def test_an_answer_without_its_response_is_read(tmp_path: Path) -> None:
    site = read_json(tmp_path, page({"User": ANA})["response"])

    assert list(users(site)) == ["Ana"]


def test_objects_of_a_kind_may_be_one_list(tmp_path: Path) -> None:
    site = read_json(tmp_path, page({"User": [ANA, BRUNO]}, 2), page({"Extension": [SEVEN, EIGHT]}, 2))

    assert (sorted(users(site)), sorted(extensions(site))) == (["Ana", "Bruno"], [7, 8])


@pytest.mark.parametrize(("base", "expected"), [(201, "201"), ("", None), (None, None)])
def test_an_extension_that_collapsed_into_the_ws_object_is_read(
    tmp_path: Path, base: object, expected: str | None
) -> None:
    site = read_json(tmp_path, page([SEVEN | {"Extension": base}, EIGHT], 2))

    assert extensions(site)[7].base_extension == expected
    assert extensions(site)[8].module == "BD"


def test_a_user_that_collapsed_into_the_ws_object_is_read(tmp_path: Path) -> None:
    site = read_json(tmp_path, page([ANA]))

    assert users(site)["Ana"].number == "201"


@pytest.mark.parametrize(("base", "expected"), [(201, "201"), ("", None), (None, None), ({}, None)])
def test_an_extension_that_collapsed_into_a_list_is_read(tmp_path: Path, base: object, expected: str | None) -> None:
    collapsed = {"Extension": [{"@GUID": "0C", "Id": 7}, base], "TypeInfo": 1, "Module": 0, "Port": 0}

    site = read_json(tmp_path, page([collapsed]))

    assert extensions(site)[7].base_extension == expected
    assert (extensions(site)[7].module, extensions(site)[7].kind) == ("0", 1)


def test_objects_that_collapsed_out_of_the_answer_belong_to_its_page(tmp_path: Path) -> None:
    first = {"Extension": [{"Id": 7}, 201], "Module": 0, "Port": 0}
    others = [{"Extension": [{"Id": number}, 200 + number], "Module": 0, "Port": 0} for number in (8, 9)]

    site = read_json(tmp_path, page(first, 3, ws_object=others))

    assert {number: each.base_extension for number, each in extensions(site).items()} == {
        7: "201",
        8: "208",
        9: "209",
    }


def test_a_name_that_is_there_twice_is_a_list(tmp_path: Path) -> None:
    twice = '{"response":{"data":{"ws_object":{"Extension":{"Id":7,"Module":0,"Port":0},"Extension":201}}}}'

    assert extensions(read(tmp_path, twice))[7].base_extension == "201"


def test_an_extension_whose_base_got_lost_is_refused(tmp_path: Path) -> None:
    lost = {field: value for field, value in SEVEN.items() if field != "Extension"}

    [said] = complaints(tmp_path, json.dumps(page([{"Extension": lost}])))

    assert said == "file-1, record 1: the extension does not say its base extension (the inner Extension)"


@pytest.mark.parametrize("number", [201.5, 2e2, True, "2O1", [201, 202], {"a": 1}])
def test_a_number_that_is_none_is_refused(tmp_path: Path, number: object) -> None:
    [said] = complaints(tmp_path, json.dumps(page([{"User": ANA | {"Extension": number}}])))

    assert "number" in said


def test_a_number_too_long_for_any_machine_is_refused(tmp_path: Path) -> None:
    document = json.dumps(page([{"Extension": SEVEN}])).replace('"Id": 7', '"Id": ' + "9" * 5000)

    [said] = complaints(tmp_path, document)

    assert "is not a whole number" in said


def test_names_that_no_store_takes_are_refused(tmp_path: Path) -> None:
    said = complaints(tmp_path, json.dumps(page([{"User": ANA | {"Name": "A\ud800", "FullName": "A\u0000"}}])))

    assert len(said) == 2


@pytest.mark.parametrize(
    "response",
    [
        {
            "@status": "0",
            "data": {"ws_object": {"SMAError": {"error": {"error_code": 9042, "error_desc": "exists"}}}},
        },
        {"-status": 0, "error": [{"error_code": "9042", "error_desc": "exists"}]},
        {"status": "0", "data": "", "error": {"error_code": 9042, "error_desc": "exists"}},
    ],
)
def test_an_error_that_the_system_answered_with_is_said_as_it_is(tmp_path: Path, response: object) -> None:
    said = complaints(tmp_path, json.dumps({"response": response}))

    assert said == ["file-1: the system answered with error 9042: exists"]


def test_several_errors_are_all_said(tmp_path: Path) -> None:
    errors = [{"error_code": 1, "error_desc": "a"}, {"error_code": 2}, "c"]

    said = complaints(tmp_path, json.dumps({"response": {"status": "0", "error": errors}}))

    assert [line.removeprefix("file-1: the system answered with error ") for line in said] == [
        "1: a",
        "2: no description",
        "without a code: c",
    ]


def test_a_failure_without_an_error_is_refused(tmp_path: Path) -> None:
    [said] = complaints(tmp_path, '{"response": {"@status": 0, "data": null}}')

    assert "it failed (status 0)" in said


def test_answers_about_other_things_are_refused_by_their_name(tmp_path: Path) -> None:
    said = complaints(tmp_path, json.dumps(page([{"HuntGroup": {"Name": "Sales", "Extension": 300}}])))

    assert said == ["file-1: holds objects that are neither users nor extensions: 'HuntGroup'"]


@pytest.mark.parametrize("document", ["[1, 2]", '{"a": 1}', '{"response": 3}', "[[]]", '["response"]'])
def test_json_that_is_no_answer_is_refused(tmp_path: Path, document: str) -> None:
    [said] = complaints(tmp_path, document)

    assert said.startswith("file-1: is JSON, but no answer of the Management API")


def test_pages_in_xml_and_json_are_one_site(tmp_path: Path) -> None:
    site = read(tmp_path, answer(user("Bruno", "202"), total=2), json.dumps(page([{"User": ANA}], 2)))

    assert sorted(users(site)) == ["Ana", "Bruno"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_any_unicode_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    document = json.dumps(page([{"User": ANA | {"FullName": "Zoë"}}]), ensure_ascii=False)

    assert users(read(tmp_path, document.encode(encoding)))["Ana"].full_name == "Zoë"
