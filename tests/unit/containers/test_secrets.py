"""The files of secrets fit each other, and none is ever changed."""

import json
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_pem_x509_certificate

from dev.containers.secrets import CERTIFICATE, KEY, main, make_files
from dev.keys import SECRETS_FILE, load_secrets
from dev.services import SERVICES
from tests.unit.docs import pages


def read(folder, name):
    return (folder / name).read_text()


def test_a_container_can_read_each_and_nobody_else_can_come_near(tmp_path):
    folder = tmp_path / "secrets"

    made = make_files(folder)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {(folder / name).stat().st_mode & 0o777 for name in made} == {0o444}


def test_each_service_has_a_role_and_a_password_of_its_own(tmp_path):
    make_files(tmp_path)

    urls = [urlsplit(read(tmp_path, f"{service.name}_database_url")) for service in SERVICES]

    assert [url.username for url in urls] == [service.database for service in SERVICES]
    assert [url.path for url in urls] == [f"/{service.database}" for service in SERVICES]
    assert len({url.password for url in urls}) == len(SERVICES)
    assert read(tmp_path, "postgres_password") not in {url.password for url in urls}


def test_redis_knows_the_digest_of_the_password_in_the_url(tmp_path):
    make_files(tmp_path)

    password = urlsplit(read(tmp_path, "redis_url")).password or ""
    users = read(tmp_path, "redis_users.acl")

    assert f"user parley on #{sha256(password.encode()).hexdigest()} " in users
    assert password not in users
    assert (
        f"user default on #{sha256(read(tmp_path, 'redis_password').encode()).hexdigest()} "
        in users
    )


def test_the_keys_are_those_that_make_up_would_make(tmp_path):
    make_files(tmp_path)

    kept = load_secrets(tmp_path)

    assert read(tmp_path, "token_signing_key") == kept.token_signing_key
    assert json.loads(read(tmp_path, "token_verify_keys")) == kept.token_verify_keys
    assert read(tmp_path, "vapid_private_key") == kept.vapid_private_key


def test_what_is_there_stays_and_what_is_missing_is_made_to_fit(tmp_path, capsys):
    make_files(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    changed = tmp_path / "token_verify_keys"
    changed.chmod(0o644)
    changed.write_text("two keys, while they are changed")
    (tmp_path / "redis_url").unlink()

    assert main([str(tmp_path)]) == 0
    assert "redis_url\n" in capsys.readouterr().out

    after = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert after == before | {changed.name: "two keys, while they are changed"}
    assert SECRETS_FILE in after


def test_the_certificate_for_trying_fits_its_key(tmp_path):
    make_files(tmp_path)

    certificate = load_pem_x509_certificate((tmp_path / CERTIFICATE).read_bytes())
    key = serialization.load_pem_private_key((tmp_path / KEY).read_bytes(), password=None)

    assert certificate.public_key() == key.public_key()


def test_half_a_certificate_is_left_to_its_owner(tmp_path):
    (tmp_path / CERTIFICATE).write_text("of somebody's own")

    made = make_files(tmp_path)

    assert {CERTIFICATE, KEY}.isdisjoint(made)


def test_every_secret_is_explained_and_every_explained_one_is_made(tmp_path):
    rows = pages.rows("containers.md", "What each secret is")
    explained = {name for row in rows for name in pages.words(row["file"])}

    assert explained == {SECRETS_FILE, *make_files(tmp_path)}
