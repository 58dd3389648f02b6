"""Tokens of an external issuer: JWTs that a system beside Parley made for its own people.

The header is written by whoever sends the token: it only says which of the issuer's keys is meant,
and that key alone chooses the algorithm. What a header carries of its own (``jwk``, ``jku``,
``x5c``, ``x5u``) is never read. Sources: RFC 7519, RFC 8725.
"""

from collections.abc import Mapping
from typing import Any, Literal, NoReturn, Protocol

import jwt
import msgspec
import structlog

from libs.common import metrics
from libs.common.clock import Clock
from libs.common.errors import Unauthenticated

TOKEN_CHARS = 16 * 1024
"""Longest token that is looked at; those with many groups of a person have some KiB."""
LEEWAY_S = 10.0
"""By how much the issuer's clock may differ from ours."""
ID_CHARS = 255
"""Longest ``iss`` and ``sub``, in code points."""
REFUSED = "This token is not accepted."

TOKENS = metrics.counter(
    "parley_external_tokens", "Tokens of the external issuer by what became of them.", ["outcome"]
)

log = structlog.get_logger(__name__)


class ExternalPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a token speaks of. ``issuer`` and ``subject`` identify, the rest is what it calls them.

    ``name``, ``preferred_username`` and ``email`` may be anything, and are proof of nothing.
    """

    issuer: str
    subject: str
    name: str | None = None
    preferred_username: str | None = None
    email: str | None = None


class Keys(Protocol):
    """The keys of the issuer."""

    async def find(self, *, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the key that is meant, or None where there is none."""
        ...


class _Header(msgspec.Struct, frozen=True):
    alg: Literal["RS256", "PS256", "ES256", "EdDSA"]
    kid: str | None = None


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nbf: float | None = None
    iat: float | None = None
    name: Any = None
    preferred_username: Any = None
    email: Any = None


class ExternalVerifier:
    """Verifies tokens of one issuer for one audience.

    Args:
        keys: its public keys.
        issuer: what ``iss`` has to be, to the letter.
        audience: what ``aud`` has to be, or to hold.
        clock: tells whether a token has begun and not ended.
    """

    def __init__(self, keys: Keys, *, issuer: str, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._jws = jwt.PyJWS()

    async def verify(self, token: str) -> ExternalPerson:
        """Return whom a token speaks of, if the issuer made it for us and it holds now.

        Raises:
            Unauthenticated: it does not; the log says why, the answer does not.
            Unavailable: the issuer's keys are not known and cannot be fetched.
        """
        header = self._header(token)
        key = await self._keys.find(kid=header.kid, algorithm=header.alg)
        if key is None:
            _refuse("unknown_key")
        claims = self._claims(token, key)
        self._check(claims)
        TOKENS.labels("accepted").inc()
        return ExternalPerson(
            issuer=claims.iss,
            subject=claims.sub,
            name=_text(claims.name),
            preferred_username=_text(claims.preferred_username),
            email=_text(claims.email),
        )

    def _header(self, token: str) -> _Header:
        if len(token) > TOKEN_CHARS:
            _refuse("malformed")
        try:
            header: Mapping[str, Any] = self._jws.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError):
            _refuse("malformed")
        try:
            return msgspec.convert(header, _Header)
        except msgspec.ValidationError:
            _refuse("wrong_algorithm")
        except UnicodeError:  # half a character, which PyJWT lets pass
            _refuse("malformed")

    def _claims(self, token: str, key: jwt.PyJWK) -> _Claims:
        try:
            payload = self._jws.decode(token, key, algorithms=[key.algorithm_name])
        except (jwt.PyJWTError, ValueError):
            _refuse("wrong_signature")
        try:
            # Not by PyJWT, which takes NaN for a time.
            return msgspec.json.decode(payload, type=_Claims)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            _refuse("wrong_claims")

    def _check(self, claims: _Claims) -> None:
        now = self._clock.now().timestamp()
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != self._issuer:
            _refuse("wrong_issuer")
        if self._audience not in audiences:
            _refuse("wrong_audience")
        if not claims.exp > now - LEEWAY_S:
            _refuse("expired")
        if any(start is not None and start > now + LEEWAY_S for start in (claims.nbf, claims.iat)):
            _refuse("not_yet")
        if not 1 <= len(claims.sub.strip()) <= len(claims.sub) <= ID_CHARS or "\0" in claims.sub:
            _refuse("wrong_claims")


def _refuse(reason: str) -> NoReturn:
    TOKENS.labels(reason).inc()
    log.info("external_token_refused", reason=reason)
    raise Unauthenticated(REFUSED)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
