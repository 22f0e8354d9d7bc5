"""Settings in the user's file: found where each system keeps them, read only where nobody nearer said anything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger_cli import settings
from ipo_ledger_cli.session import Session
from tests.cli.test_start_up import having, imported

Line = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], dict[str, str]]:
    """Return what writes a file of settings, and the environment that names it."""

    def write(content: bytes) -> dict[str, str]:
        path = tmp_path / "settings.toml"
        path.write_bytes(content)
        return {settings.NAMES_FILE: str(path)}

    return write


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="elsewhere it is elsewhere")
def test_on_linux_it_is_where_xdg_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/srv/config")

    assert settings.file_path({}) == Path("/srv/config/ipo-ledger/ipo-ledger.toml")


def test_on_windows_and_macos_it_is_where_programs_keep_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPDATA", "/users/ana/AppData/Roaming")
    monkeypatch.setenv("HOME", "/users/ana")
    monkeypatch.setattr("click.utils.WIN", True)
    windows = settings.file_path({})
    monkeypatch.setattr("click.utils.WIN", False)
    monkeypatch.setattr(sys, "platform", "darwin")

    assert windows == Path("/users/ana/AppData/Roaming/ipo-ledger/ipo-ledger.toml")
    assert settings.file_path({}) == Path("/users/ana/Library/Application Support/ipo-ledger/ipo-ledger.toml")


def test_the_file_of_the_users_folder_takes_effect(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.get_app_dir", lambda _: str(tmp_path))
    ledger = (tmp_path / "elsewhere.db").as_posix()
    (tmp_path / settings.FILE).write_text(f'ledger = "sqlite:///{ledger}"\n', encoding="utf-8")

    code, said = line("init", IPO_LEDGER_URL="")

    assert code == 0
    assert said == [f"The ledger at sqlite:///{ledger} is ready"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_file_of_any_editor_is_read(mark: bytes, end: bytes, file: Callable[[bytes], dict[str, str]]) -> None:
    said = settings.read(file(mark + end.join([b'system = "hq"', 'actor = "Zoë"'.encode(), b""])))

    assert said == {"system": "hq", "actor": "Zoë"}


NO_TOML = [b"\xff\xfes\x00", b"system", b"x" * 2_000_000, b"[" * 100_000, b"system = 'a'\n" * 2]


@pytest.mark.parametrize("content", NO_TOML, ids=["UTF-16", "no value", "too large", "too deep", "twice"])
def test_what_is_no_toml_is_refused_with_the_name_of_the_file(
    content: bytes, file: Callable[[bytes], dict[str, str]]
) -> None:
    environment = file(content)

    with pytest.raises(settings.BadSettings) as refused:
        settings.read(environment)

    assert environment[settings.NAMES_FILE] in refused.value.message
    assert refused.value.exit_code == 2


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)

    try:
        said = settings.read({settings.NAMES_FILE: str(path)})
    except settings.BadSettings:
        return
    assert all(isinstance(value, str) for value in said.values())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:s3cret@h/l",
        "postgresql://:s3cret@h/l",
        "postgresql://ana:s3/c@re:t@h/l",
        "postgresql://h/l?password=s3cret",
        "postgresql://h/l?user=ana&PassWord=s3cret&x=y",
        "postgresql://ana@h/l?sslpassword=s3cret",
        "mysql://ana:s3cret@h",
    ],
)
def test_a_password_is_never_shown_and_never_stored(url: str, file: Callable[[bytes], dict[str, str]]) -> None:
    with pytest.raises(settings.BadSettings, match="never stored") as refused:
        settings.read(file(f'ledger = "{url}"\n'.encode()))

    for text in (settings.without_password(url), refused.value.message):
        assert "s3" not in text
        assert "re:t" not in text


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/a.db", "sqlite:///C:/a.db", "postgresql://ana@h:5432,h2/l?connect_timeout=3"]
)
def test_a_url_without_a_password_is_shown_as_it_is(url: str) -> None:
    assert settings.without_password(url) == url


def test_the_file_is_not_opened_where_everything_is_said_nearer() -> None:
    session = Session({"IPO_LEDGER_URL": "sqlite:///a.db", settings.NAMES_FILE: "/nowhere/at/all.toml"})
    session.system_option = "hq"

    assert (session.ledger_url, session.system_name) == ("sqlite:///a.db", "hq")
    with pytest.raises(settings.BadSettings):
        _ = session.actor


@pytest.mark.parametrize(
    ("environment", "value", "source"),
    [
        ({}, "always", "file"),
        ({"NO_COLOR": "1"}, "never", "environment"),
        ({"NO_COLOR": "", "FORCE_COLOR": "0"}, "always", "file"),
        ({"FORCE_COLOR": "3"}, "always", "environment"),
    ],
)
def test_colours_are_of_the_environment_and_then_of_the_file(
    environment: dict[str, str], value: str, source: str, file: Callable[[bytes], dict[str, str]]
) -> None:
    session = Session({**file(b'color = "always"'), **environment})

    assert session.color() == value
    assert session.setting("color").source == source


def test_a_broken_file_keeps_nobody_from_help(line: Line, folder: Path) -> None:
    Path("broken.toml").write_text("= =", encoding="utf-8")

    for arguments in (["-h"], ["who", "-h"], ["help", "dates"], ["--version"], ["config", "path"]):
        assert line(*arguments, IPO_LEDGER_CONFIG="broken.toml")[0] == 0, arguments


def test_toml_is_read_only_where_there_is_a_file(tmp_path: Path) -> None:
    url = "sqlite:///ledger.db"
    (tmp_path / "a.toml").write_text('system = "hq"\n', encoding="utf-8")

    without = imported("config", "path", IPO_LEDGER_URL=url)
    with_file = imported("config", "show", IPO_LEDGER_URL=url, IPO_LEDGER_CONFIG=str(tmp_path / "a.toml"))

    assert having(without, "tomllib") == []
    assert "tomllib" in having(with_file, "tomllib")
