"""The secrets of a development suite: made at the first start, kept in the run folder.

Nobody has to choose or share one, and no default exists that could reach production.
"""

import secrets
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dev.files import read_json, write_json

SECRETS_FILE = "secrets.json"
KEY_ID_CHARS = 16


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What must not be known.

    Attributes:
        redis_password: the administrator's; the services and who pushes have others.
        token_signing_key: Ed25519 private key, PEM (PKCS #8).
        token_verify_keys: the public half by its key id, PEM.
        vapid_private_key: by which push services know this copy; another one, and browsers that have
            subscribed hear nothing any more. P-256, PEM (PKCS #8).
    """

    postgres_password: str
    redis_password: str
    redis_services_password: str
    redis_push_password: str
    secret_key: str
    token_signing_key: str
    token_verify_keys: dict[str, str]
    vapid_private_key: str


def make_secrets() -> Secrets:
    """Make new ones, each of at least 128 bits."""
    signing_key, verify_keys = make_signing_key()
    return Secrets(
        postgres_password=secrets.token_hex(16),
        redis_password=secrets.token_hex(16),
        redis_services_password=secrets.token_hex(16),
        redis_push_password=secrets.token_hex(16),
        secret_key=secrets.token_urlsafe(48),
        token_signing_key=signing_key,
        token_verify_keys=verify_keys,
        vapid_private_key=_pem(ec.generate_private_key(ec.SECP256R1())),
    )


def make_signing_key() -> tuple[str, dict[str, str]]:
    """Make a key for access tokens; return it, and its public half by its key id."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return _pem(private), {sha256(raw).hexdigest()[:KEY_ID_CHARS]: pem.decode("ascii")}


def load_secrets(run_dir: Path) -> Secrets:
    """Return the secrets of this run folder; the first call makes them, and later ones what is new."""
    path = run_dir / SECRETS_FILE
    found = read_json(path) or {}
    if found.keys() >= {each.name for each in fields(Secrets)}:
        return Secrets(**found)
    whole = asdict(make_secrets()) | found
    write_json(path, whole)
    return Secrets(**whole)


def _pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")
