"""A variable may be the text of a file; whatever is wrong with that is named, and stops the start."""

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from libs.common.config import EX_CONFIG, NotReadable, from_files, load


class Wanted(BaseSettings):
    secret_key: SecretStr
    port: int = 1


def written(tmp_path, text):
    path = tmp_path / "secret"
    path.write_text(text)
    return str(path)


def test_a_variable_is_the_text_of_its_file_without_white_space_around_it(tmp_path):
    environ = {"SECRET_KEY_FILE": written(tmp_path, " of the file\n")}

    assert from_files(["secret_key", "port"], environ) == {"secret_key": "of the file"}


def test_only_what_is_wanted_is_read(tmp_path):
    assert from_files(["port"], {"SECRET_KEY_FILE": "/nowhere", "PORT_FILE": ""}) == {}


def test_a_variable_that_is_given_twice_is_refused(tmp_path):
    environ = {"SECRET_KEY": "a", "SECRET_KEY_FILE": written(tmp_path, "b")}

    with pytest.raises(NotReadable, match="SECRET_KEY: is given twice"):
        from_files(["secret_key"], environ)


def test_every_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    environ = {
        "A_FILE": str(tmp_path / "missing"),
        "B_FILE": str(tmp_path),
        "C_FILE": str(tmp_path / "bytes"),
    }

    with pytest.raises(NotReadable) as refused:
        from_files(["a", "b", "c"], environ)

    assert [name for name, _ in refused.value.problems] == ["A_FILE", "B_FILE", "C_FILE"]


def test_settings_are_read_from_both(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY_FILE", written(tmp_path, "of the file"))
    monkeypatch.setenv("PORT", "7")

    settings = load(Wanted)

    assert (settings.secret_key.get_secret_value(), settings.port) == ("of the file", 7)


def test_a_missing_file_stops_the_process_with_its_name(monkeypatch, capsys):
    monkeypatch.setenv("SECRET_KEY_FILE", "/nowhere/secret")

    with pytest.raises(SystemExit) as stopped:
        load(Wanted)

    assert stopped.value.code == EX_CONFIG
    assert "  SECRET_KEY_FILE: /nowhere/secret: No such file" in capsys.readouterr().err


def test_what_is_wrong_in_a_file_is_named_as_the_variable_and_not_repeated(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SECRET_KEY_FILE", written(tmp_path, "fine"))
    monkeypatch.setenv("PORT_FILE", written(tmp_path, "of the file"))

    with pytest.raises(SystemExit):
        load(Wanted)

    told = capsys.readouterr().err
    assert "  PORT: " in told
    assert "of the file" not in told
