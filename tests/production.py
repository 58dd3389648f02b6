"""What a service is given in production: no development, keys of full length, pages over TLS."""

import json

from dev.keys import make_secrets

HOST = "chat.example.org"
ORIGIN = f"https://{HOST}"


def production() -> dict[str, str]:
    """Return every variable that has no default; nobody answers at the addresses."""
    secrets = make_secrets()
    return {
        "DATABASE_URL": "postgresql://parley:secret@127.0.0.1:1/parley",
        "REDIS_URL": "redis://parley:secret@127.0.0.1:1/0",
        "PORT": "1",
        "INTERNAL_PORT": "1",
        "SECRET_KEY": secrets.secret_key,
        "TOKEN_SIGNING_KEY": secrets.token_signing_key,
        "TOKEN_VERIFY_KEYS": json.dumps(secrets.token_verify_keys),
        "ALLOWED_HOSTS": HOST,
        "ALLOWED_ORIGINS": ORIGIN,
    }
