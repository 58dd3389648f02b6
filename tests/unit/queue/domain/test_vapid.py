"""Who we are to push services: a key in either form, a contact, a token for each origin."""

import datetime as dt

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from services.queue.domain.vapid import Vapid, base64url, check_subject, private_key_of

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SUBJECT = "mailto:ops@example.org"


def pem_of(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_a_key_is_taken_as_pem_and_as_web_push_tools_write_it():
    key = ec.generate_private_key(ec.SECP256R1())
    scalar = key.private_numbers().private_value.to_bytes(32, "big")

    by_pem, by_scalar = (Vapid(text, SUBJECT) for text in (pem_of(key), base64url(scalar)))

    assert by_pem.public_key == by_scalar.public_key
    assert (by_pem.public_key[0], len(by_pem.public_key)) == ("B", 87)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        base64url(b"\0" * 32),
        base64url(b"\xff" * 32),
        base64url(b"a" * 31),
        "-----BEGIN PRIVATE KEY-----",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(text):
    with pytest.raises(ValueError, match="no private key on P-256") as refused:
        private_key_of(text)

    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("text", ["mailto:ops@example.org", "https://example.org/contact"])
def test_a_contact(text):
    assert check_subject(text) == text


@pytest.mark.parametrize(
    "text", ["", "ops@example.org", "mailto:", "http://example.org", "https://"]
)
def test_what_is_no_contact_is_refused(text):
    with pytest.raises(ValueError, match="mailto: or https:"):
        check_subject(text)


def test_a_token_is_for_one_origin_and_half_a_day():
    key = ec.generate_private_key(ec.SECP256R1())
    vapid = Vapid(pem_of(key), SUBJECT)

    header = vapid.authorization("https://push.example", now=NOW)

    token, public = header.removeprefix("vapid t=").split(", k=")
    claims = jwt.decode(
        token,
        key.public_key(),
        algorithms=["ES256"],
        audience="https://push.example",
        options={"verify_exp": False},
    )
    assert public == vapid.public_key
    assert claims == {
        "aud": "https://push.example",
        "exp": int(NOW.timestamp()) + 12 * 3600,
        "sub": SUBJECT,
    }
