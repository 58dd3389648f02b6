import pytest

from dev.containers.databases import main, read
from dev.services import SERVICES
from libs.common.config import EX_CONFIG, NotReadable

WHOLE = {
    "POSTGRES_URL": "postgresql://superuser",
    **{f"{service.name.upper()}_DATABASE_URL": service.name for service in SERVICES},
}


def test_a_url_is_given_or_stands_in_a_file(tmp_path):
    secret = tmp_path / "url"
    secret.write_text("postgresql://of-the-file\n")
    environ = {**WHOLE, "POSTGRES_URL_FILE": str(secret)}
    del environ["POSTGRES_URL"]

    urls = read(environ)

    assert urls["postgres_url"] == "postgresql://of-the-file"
    assert urls["chat_database_url"] == "chat"


def test_every_missing_one_is_named():
    with pytest.raises(NotReadable, match=r"POSTGRES_URL: .*QUEUE_DATABASE_URL: "):
        read({name: url for name, url in WHOLE.items() if name.startswith("CHAT")})


def test_without_them_nothing_is_begun(monkeypatch, capsys):
    for name in WHOLE:
        monkeypatch.delenv(name, raising=False)

    assert main() == EX_CONFIG
    assert "  CHAT_DATABASE_URL: Field required" in capsys.readouterr().err
