"""Tokens by which this site tells Parley who somebody is."""

import datetime as dt
from functools import cache
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from jwt.algorithms import OKPAlgorithm

KID = "1"


@cache
def key():
    """Return the key, which is read when it is wanted: your tests and builds do without it."""
    return load_pem_private_key(Path(settings.PARLEY_KEY_FILE).read_bytes(), password=None)


def key_set():
    """Return the public half of the key, as Parley reads it."""
    public = OKPAlgorithm.to_jwk(key().public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KID, "use": "sig", "alg": "EdDSA"}]}


def token_for(user):
    """Return a token that says who this is; good for one minute."""
    now = dt.datetime.now(dt.UTC)
    claims = {
        "iss": settings.SITE_URL,
        "aud": settings.PARLEY_AUDIENCE,
        "sub": str(user.pk),
        "preferred_username": user.get_username(),
        "name": user.get_full_name(),
        "iat": now,
        "exp": now + dt.timedelta(minutes=1),
    }
    return jwt.encode(claims, key(), algorithm="EdDSA", headers={"kid": KID})
