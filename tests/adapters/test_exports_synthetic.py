"""Synthetic sites: what they are like, and that their exports are read back as they were."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipo_ledger.adapters.exports import read_site
from ipo_ledger.demo_site import Form, synthetic_site, write_export
from ipo_ledger.domain.site import Site, complaints
from tests.adapters.handmade_exports import without_sources

FORMS: tuple[Form, ...] = ("xml", "json")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("extensions", [1, 9, 20, 21, 100, 101, 384, 3000])
def test_an_export_is_read_back_as_the_site_it_was_written_from(tmp_path: Path, extensions: int, form: Form) -> None:
    site = synthetic_site(extensions)

    read = read_site(write_export(site, tmp_path, form=form))

    assert without_sources(read) == without_sources(site)


@settings(max_examples=60, deadline=None)
@given(
    extensions=st.integers(1, 130),
    seed=st.integers(),
    page_size=st.integers(1, 90),
    form=st.sampled_from(FORMS),
    order=st.randoms(use_true_random=False),
)
def test_any_site_in_pages_of_any_size_and_files_in_any_order_is_read_back(  # noqa: PLR0917 - dice
    tmp_path_factory: pytest.TempPathFactory,
    extensions: int,
    seed: int,
    page_size: int,
    form: Form,
    order: random.Random,
) -> None:
    site = synthetic_site(extensions, seed=seed)
    paths = write_export(site, tmp_path_factory.mktemp("export"), page_size=page_size, form=form)
    order.shuffle(paths)

    read = read_site(paths)

    assert without_sources(read) == without_sources(site)


@pytest.mark.parametrize("extensions", [1, 9, 20, 21, 384, 3000])
def test_a_synthetic_site_has_nothing_wrong(extensions: int) -> None:
    assert complaints(synthetic_site(extensions)) == []


def test_a_site_of_nine_is_nine_desks_and_their_people() -> None:
    site = synthetic_site(9)

    assert [(each.extension_id, each.module, each.port, each.base_extension) for each in site.extensions or ()] == [
        (place, "BD", place, str(200 + place)) for place in range(1, 10)
    ]
    assert [each.number for each in site.users or ()] == [str(200 + place) for place in range(1, 10)]
    assert [each.has_login_code for each in site.users or ()] == [True, True, False] * 3


def test_the_same_seed_makes_the_same_site_and_another_one_another() -> None:
    assert synthetic_site(30, seed=5) == synthetic_site(30, seed=5)
    assert synthetic_site(30, seed=5) != synthetic_site(30, seed=6)


@pytest.mark.parametrize("extensions", [21, 384, 3000])
def test_a_larger_site_has_blank_ports_and_users_without_an_extension(extensions: int) -> None:
    site = synthetic_site(extensions)
    bases = {each.base_extension for each in site.extensions or ()}
    blank = [each for each in site.extensions or () if each.base_extension is None]
    homeless = [each for each in site.users or () if each.number not in bases or each.number is None]

    assert len(site.extensions or ()) == len(site.users or ()) == extensions
    assert [(each.module, each.port) for each in blank] == [("BP", 2), ("BP", 4)]
    assert [each.number is None for each in homeless] == [False, True]


def test_a_large_site_has_ip_phones_and_numbers_of_four_digits() -> None:
    site = synthetic_site(3000)
    phones = [each for each in site.extensions or () if not each.wired]

    assert len(phones) == 2900
    assert phones[0].extension_id == 11200
    assert {each.kind for each in phones} == {1, 3}
    assert {len(each.number or "0000") for each in site.users or ()} == {4}


def test_a_site_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one extension"):
        synthetic_site(0)


def test_an_export_has_pages_with_nouser_among_the_users(tmp_path: Path) -> None:
    paths = write_export(synthetic_site(9), tmp_path, page_size=5)

    assert [path.name for path in paths] == [
        "users-1.xml",
        "users-2.xml",
        "extensions-1.xml",
        "extensions-2.xml",
    ]
    assert '<data set="5" totalRecords="10">' in paths[0].read_text(encoding="utf-8")
    assert "<Name>NoUser</Name>" in paths[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_login_codes_are_in_clear_in_the_export_and_nowhere_in_what_is_read(tmp_path: Path, form: Form) -> None:
    paths = write_export(synthetic_site(30), tmp_path, form=form)
    written = "".join(path.read_text(encoding="utf-8") for path in paths)
    codes = set(re.findall(r"(?:LoginCode|VoicemailCode)\W+(\d+)", written))

    site = repr(read_site(paths))

    assert len(codes) == 40
    assert not [code for code in codes if code in site]


def test_the_same_site_is_written_the_same_way(tmp_path: Path) -> None:
    written = [[path.read_bytes() for path in write_export(synthetic_site(30), tmp_path / name)] for name in ("a", "b")]

    assert written[0] == written[1]


def test_what_a_site_does_not_say_is_not_written(tmp_path: Path) -> None:
    site = synthetic_site(3)

    paths = write_export(Site(extensions=None, users=site.users), tmp_path)

    assert [path.name for path in paths] == ["users-1.xml"]


@pytest.mark.parametrize("form", FORMS)
def test_three_thousand_extensions_are_read_in_well_under_a_second(tmp_path: Path, form: Form) -> None:
    paths = write_export(synthetic_site(3000), tmp_path, form=form)

    started = time.perf_counter()
    read_site(paths)

    assert time.perf_counter() - started < 2  # 0.2 s here; the rest is for busy machines
