"""The public keys of an external issuer: its JWK Set, fetched when needed and kept for a while.

Whatever anybody sends, the issuer is asked at most once in ``AGAIN_AFTER_S`` by a process, and by
one call at a time. While it cannot be asked the keys that are known stay good until
``STALE_AFTER_S``. Source: RFC 7517.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from libs.common.breakers import Breaker
from libs.common.clock import Clock
from libs.common.errors import ParleyError, Unavailable
from libs.common.fetching import FetchFailed, RemoteDocument

ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
"""What a key may be for. All asymmetric: who can verify cannot sign."""
FRESH_S = 600.0
"""Age from which keys are fetched again: a key that was taken away is refused after it."""
STALE_AFTER_S = 3600.0
"""Age from which keys are not used any more, though the issuer cannot be asked for newer ones."""
AGAIN_AFTER_S = 5.0
"""Shortest time between two fetches; a new key is accepted after it at the latest."""
FETCH_WITHIN_S = 2.0
DOCUMENT_BYTES = 256 * 1024
"""Longest JWK Set; those of the large providers have up to 40 KiB."""
KEYS_AT_MOST = 100
RSA_BITS = range(2048, 8193)
"""Sizes of RSA keys: shorter ones are weak, longer ones take long to verify with."""
RETRY_AFTER_S = 1.0
FAIL_MAX = 3
RESET_AFTER_S = 10.0

_PUBLIC = ("kty", "crv", "n", "e", "x", "y")
"""Members of a JWK that are a public key; with ``d`` or ``k`` it would be a secret one."""

log = structlog.get_logger(__name__)


class BadKeySet(ValueError):
    """The document is no JWK Set, or holds no key that can be used here."""


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Key:
    """A public key; the one algorithm that it is for is its own, whatever a token says."""

    kid: str | None
    jwk: jwt.PyJWK

    @property
    def algorithm(self) -> str:
        """One of ``ALGORITHMS``."""
        return self.jwk.algorithm_name


def read_key_set(document: bytes) -> tuple[Key, ...]:
    """Return the keys that signatures can be verified with; others are left out.

    Raises:
        BadKeySet: it is no JWK Set, it is too long, or no key is left.
    """
    try:
        described = msgspec.json.decode(document, type=_KeySet).keys
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise BadKeySet("no JWK Set") from None
    if len(described) > KEYS_AT_MOST:
        raise BadKeySet(f"more than {KEYS_AT_MOST} keys")
    keys = tuple(key for each in described if (key := _key_of(each)) is not None)
    if not keys:
        raise BadKeySet("no usable key")
    return keys


class ExternalKeys:
    """Finds the key that a token asks for. Belongs to one event loop.

    Args:
        read: fetches the JWK Set; ends by itself, and raises ``FetchFailed``.
        clock: measures the ages.
    """

    def __init__(self, read: Callable[[], Awaitable[bytes]], *, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self.breaker = Breaker(
            "external-issuer",
            clock=clock,
            timeout_s=FETCH_WITHIN_S + 1,
            max_concurrent=1,
            fail_max=FAIL_MAX,
            reset_after_s=RESET_AFTER_S,
        )
        self._keys: tuple[Key, ...] = ()
        self._fetched_at_s = float("-inf")
        self._not_before_s = float("-inf")
        self._failing = False
        self._fetching: asyncio.Task[None] | None = None

    @classmethod
    def at(cls, jwks_url: str, *, clock: Clock) -> "ExternalKeys":
        """Find keys of the JWK Set at ``jwks_url``; nothing is fetched yet."""
        document = RemoteDocument(jwks_url, max_bytes=DOCUMENT_BYTES, within_s=FETCH_WITHIN_S)
        return cls(document.read, clock=clock)

    async def find(self, *, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the one key that fits, after asking the issuer where that is due; None: it has none.

        Without a ``kid`` a key fits where it is the only one for this algorithm.

        Raises:
            Unavailable: it is not known whether there is one, because the issuer does not answer.
        """
        found = self._known(kid, algorithm)
        if found is None or self._age_s() >= FRESH_S:
            await self._refresh()
            found = self._known(kid, algorithm)
        if found is None and self._failing:
            wait_s = self._not_before_s - self._clock.monotonic()
            raise Unavailable(
                "The issuer of this token cannot be asked for its keys at the moment.",
                retry_after_s=max(wait_s, self.breaker.retry_after_s, RETRY_AFTER_S),
            )
        return found

    def _known(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        if self._age_s() >= STALE_AFTER_S:
            return None
        fitting = [
            key for key in self._keys if key.algorithm == algorithm and kid in (None, key.kid)
        ]
        return fitting[0].jwk if len(fitting) == 1 else None

    def _age_s(self) -> float:
        return self._clock.monotonic() - self._fetched_at_s

    async def _refresh(self) -> None:
        """Fetch the keys, or join a fetch that is under way; do nothing where it is too soon."""
        if self._fetching is None:
            now_s = self._clock.monotonic()
            if now_s < self._not_before_s:
                return
            self._not_before_s = now_s + AGAIN_AFTER_S
            self._fetching = asyncio.create_task(self._fetch(), name="external-keys")
            self._fetching.add_done_callback(self._fetched)
        # Whoever stops waiting leaves the fetch to the others.
        await asyncio.wait({self._fetching})

    async def _fetch(self) -> None:
        async def attempt() -> tuple[Key, ...]:
            return read_key_set(await self._read())

        self._failing = True
        try:
            self._keys = await self.breaker.call(attempt)
        except (FetchFailed, BadKeySet, ParleyError) as error:
            log.warning("external_keys_not_fetched", reason=str(error))
            return
        self._failing = False
        self._fetched_at_s = self._clock.monotonic()

    def _fetched(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled() and task.exception() is not None:
            log.error("external_keys_bug", exc_info=task.exception())


def _key_of(described: Mapping[str, Any]) -> Key | None:
    kid, algorithm = described.get("kid"), described.get("alg")
    if not isinstance(kid, str | None) or algorithm not in (None, *ALGORITHMS):
        return None
    if not _is_for_signatures(described):
        return None
    public = {name: described[name] for name in _PUBLIC if name in described}
    try:
        jwk = jwt.PyJWK(public, algorithm)
    except (jwt.PyJWTError, LookupError, ValueError, TypeError, AttributeError):
        return None
    fits = jwk.algorithm_name in ALGORITHMS and _fits(jwk.key, jwk.algorithm_name)
    return Key(kid, jwk) if fits else None


def _is_for_signatures(described: Mapping[str, Any]) -> bool:
    operations = described.get("key_ops", ["verify"])
    return (
        described.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
    )


def _fits(key: object, algorithm: str) -> bool:
    match key:
        case RSAPublicKey():
            return algorithm in {"RS256", "PS256"} and key.key_size in RSA_BITS
        case EllipticCurvePublicKey():
            return algorithm == "ES256" and isinstance(key.curve, SECP256R1)
        case Ed25519PublicKey():
            return algorithm == "EdDSA"
    return False
