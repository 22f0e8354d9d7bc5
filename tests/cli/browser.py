"""A real Chromium for the tests of the report, where it is asked for: a minute that not every run of the tests has.

IPO_LEDGER_TEST_BROWSER names it, or says `required` for one on the PATH (Debian's package `chromium` has it); then one
that is not there is a failure. Without it the tests are skipped, and say so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSER = os.environ.get("IPO_LEDGER_TEST_BROWSER", "")  # the tests' environment is cleared of it later
REQUIRED = "required"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_QUIET = (  # it is asked for nothing but our file: no look-ups, no updates
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def found_browser() -> str | None:
    """Return the path of a Chromium, or None."""
    if BROWSER not in ("", REQUIRED):
        return BROWSER
    return next((path for name in _NAMES if (path := shutil.which(name)) is not None), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser. Skips the test that asks where there is none, or fails where one is required."""
    if not BROWSER:
        missing("no browser was asked for: set IPO_LEDGER_TEST_BROWSER=required")
    path = found_browser()
    if path is None or not Path(path).exists():
        missing("no Chromium: install Debian's package chromium, or name one by IPO_LEDGER_TEST_BROWSER")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no playwright: pip install playwright")
    sandbox = [] if os.name != "posix" or os.geteuid() != 0 else ["--no-sandbox"]  # root has no sandbox
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *sandbox])
        try:
            yield browser
        finally:
            browser.close()


def missing(why: str) -> NoReturn:
    """Skip, or fail where a browser is required."""
    if BROWSER:
        pytest.fail(why)
    pytest.skip(why)
