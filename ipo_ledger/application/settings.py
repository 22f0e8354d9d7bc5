"""The settings of a system, as given: read, checked, completed."""

from __future__ import annotations

import re

from ipo_ledger.domain.batch import release_numbers, takes_only_reboot
from ipo_ledger.domain.moments import zone_of
from ipo_ledger.domain.records import BaseExtensionBy, Settings
from ipo_ledger.domain.refusals import BadSetting

DEFAULT_LOGOUT_CODE = "*36"
LONGEST_RELEASE = 40  # characters

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)
_CODE = re.compile(r"[0-9*#]{1,9}", re.ASCII)


def system_name(name: str) -> str:
    """Return a name for a system: one word, so that `hq/B12` can be written. Raises `BadSetting`."""
    if not _NAME.fullmatch(name):
        raise BadSetting(
            what="the name of a system", asked=name, why="it is one word of letters, digits, - _ and ., at most 63"
        )
    return name


def new(release: str, timezone: str, base_extension_by: str | None, logout_code: str | None) -> Settings:
    """Return the settings of a new system. Merge is the default from release 4.2 on, reboot before (C1).

    Raises `BadSetting`, `UnknownZone`.
    """
    _refuse_long(release)
    way = base_extension_by if base_extension_by is not None else "reboot" if takes_only_reboot(release) else "merge"
    return _checked(release, timezone, way, logout_code if logout_code is not None else DEFAULT_LOGOUT_CODE)


def changed(
    old: Settings,
    *,
    release: str | None,
    timezone: str | None,
    base_extension_by: str | None,
    logout_code: str | None,
) -> Settings:
    """Return settings with what is given in place of what was. Raises `BadSetting`, `UnknownZone`."""
    return _checked(
        release if release is not None else old.release,
        timezone if timezone is not None else old.timezone,
        base_extension_by if base_extension_by is not None else old.base_extension_by,
        logout_code if logout_code is not None else old.logout_code,
    )


def _refuse_long(release: str) -> None:
    if len(release) > LONGEST_RELEASE:
        raise BadSetting(what="release", asked=release[:LONGEST_RELEASE] + "...", why="no release is that long")


def _checked(release: str, timezone: str, way: str, logout_code: str) -> Settings:
    by: BaseExtensionBy
    _refuse_long(release)
    if way == "merge":
        by = "merge"
    elif way == "reboot":
        by = "reboot"
    else:
        raise BadSetting(what="--base-extension-by", asked=way, why="it is merge or reboot")
    if by == "merge" and takes_only_reboot(release):
        raise BadSetting(
            what="--base-extension-by", asked=way, why=f"release {release} takes it by reboot; merge is from 4.2 on"
        )
    release_numbers(release)
    zone_of(timezone)
    if not _CODE.fullmatch(logout_code):
        raise BadSetting(what="the log-out code", asked=logout_code, why="it is digits, * and #, such as *36")
    return Settings(release, timezone, by, logout_code)
