"""What cannot be true of a site as a whole, whatever it was read from."""

from __future__ import annotations

import pytest

from ipo_ledger.domain.site import Site, SiteExtension, SiteUser, complaints


def port(extension_id: int, module: str, place: int, base: str | None = None) -> SiteExtension:
    """Make an extension."""
    return SiteExtension(
        extension_id=extension_id,
        module=module,
        port=place,
        kind=None,
        base_extension=base,
        source=f"list, line {extension_id}",
    )


def person(name: str, number: str | None, full_name: str | None = None) -> SiteUser:
    """Make a user."""
    return SiteUser(
        name=name,
        number=number,
        full_name=full_name,
        has_login_code=None,
        forced_login=None,
        source=f"list of {name}",
    )


def said(*each: SiteExtension | SiteUser) -> list[str]:
    """Return what is wrong with a site of these."""
    site = Site(
        extensions=tuple(one for one in each if isinstance(one, SiteExtension)),
        users=tuple(one for one in each if isinstance(one, SiteUser)),
    )
    return [str(complaint) for complaint in complaints(site)]


def test_a_site_of_which_nothing_is_said_has_nothing_wrong() -> None:
    assert complaints(Site(extensions=None, users=None)) == []


def test_an_extension_id_twice_is_wrong_and_said_once() -> None:
    assert said(port(7, "BD", 1), port(7, "BD", 1)) == [
        "list, line 7: extension id 7 is there twice, first in list, line 7"
    ]


def test_a_wired_port_twice_is_wrong() -> None:
    assert said(port(1, "BD", 3), port(2, "BD", 3)) == [
        "list, line 2: module 'BD', port 3 is there twice, first in list, line 1"
    ]


def test_ip_phones_are_all_at_module_0_port_0() -> None:
    assert said(port(1, "0", 0), port(2, "0", 0)) == []


def test_the_same_base_extension_twice_is_allowed_as_manager_allows_it() -> None:
    assert said(port(1, "BD", 1, "201"), port(2, "BD", 2, "201"), person("Ana", "201")) == []


@pytest.mark.parametrize("base", ["2", "1234567890123456", "2O1", "", "²²", "20 1"])
def test_a_base_extension_is_2_to_15_digits(base: str) -> None:
    assert said(port(1, "BD", 1, base)) == [f"list, line 1: the base extension '{base}' is not 2 to 15 digits"]


@pytest.mark.parametrize("base", ["20", "123456789012345", "007", None])
def test_a_base_extension_may_have_zeros_in_front_or_be_blank(base: str | None) -> None:
    assert said(port(1, "BD", 1, base)) == []


def test_a_user_name_twice_is_wrong_and_said_once() -> None:
    assert said(person("Ana", "201"), person("Ana", "201")) == [
        "list of Ana: the user 'Ana' is there twice, first in list of Ana"
    ]


def test_user_names_are_case_sensitive() -> None:
    assert said(person("ana", "201"), person("Ana", "202")) == []


def test_a_number_that_is_two_users_is_wrong() -> None:
    assert said(person("Ana", "201"), person("Bo", "201")) == [
        "list of Bo: '201' is the number of 'Bo' and of 'Ana' (list of Ana)"
    ]


def test_any_number_of_users_may_have_no_number() -> None:
    assert said(person("Ana", None), person("Bo", None)) == []


def test_a_number_is_digits() -> None:
    assert said(person("Ana", "20a")) == ["list of Ana: the number '20a' of 'Ana' is not digits"]


def test_a_user_name_has_at_most_15_characters() -> None:
    assert said(person("Maximiliane1234", "201")) == []
    assert "has 16 characters; 15 are allowed" in said(person("Maximiliane12345", "201"))[0]


@pytest.mark.parametrize("character", "#?/^><,.")
def test_a_user_name_has_no_forbidden_characters(character: str) -> None:
    [complaint] = said(person(f"Ana{character}R", "201"))

    assert complaint.endswith(f"has {character}, which user names must not have")


@pytest.mark.parametrize("name", ["A\tna", "A\u202ena", "A\x00na", "A\ud800"])
def test_a_user_name_is_printable_and_a_complaint_about_it_too(name: str) -> None:
    [complaint] = said(person(name, "201"))[:1]

    assert complaint.partition(": ")[2].isprintable()


def test_full_names_are_free_text() -> None:
    assert said(person("Ana", "201", "Ana #1 <Empfang>,\u00a0zweiter Stock, sehr lang ✓")) == []


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800"])
def test_full_names_have_no_control_characters(character: str) -> None:
    assert len(said(person("Ana", "201", f"Ana{character}"))) == 1
