"""Asks an issuer outside for its keys, as chat does."""

from libs.common.external_keys import (
    DOCUMENT_BYTES,
    FETCH_WITHIN_S,
    BadKeySet,
    read_key_set,
)
from libs.common.fetching import FetchFailed, RemoteDocument

NOBODY = "nobody answers in time, or its certificate is not accepted"
NO_KEYS = "what it answers is no JWK Set, or has no key that can be used"


async def ask_issuer(jwks_url: str) -> tuple[str | None, int]:
    """Return why its keys cannot be had, or None, and how many can be used."""
    try:
        document = RemoteDocument(jwks_url, max_bytes=DOCUMENT_BYTES, within_s=FETCH_WITHIN_S)
        return None, len(read_key_set(await document.read()))
    except FetchFailed as error:
        return (NOBODY if error.status is None else f"it answers {error.status}"), 0
    except BadKeySet:
        return NO_KEYS, 0
    except ValueError:
        return "its address is none", 0
