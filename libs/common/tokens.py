"""Access tokens and one-time tickets: made by chat, verified offline.

Both are JWTs (RFC 7519) signed with Ed25519 only. The header is written by whoever sends it, so
the header never chooses the algorithm, and its ``kid`` only picks one of *our* keys. A valid token
says that a sign-in was good when the token was made; a sign-out after that is known to chat. One
key signs both kinds: the audience alone tells them apart, so neither passes for the other. That a
ticket opens one socket only is not told by its signature, but by chat's database.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID, uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from libs.common.clock import Clock
from libs.common.errors import Unauthenticated

ALGORITHM = "EdDSA"
AUDIENCE = "parley"
"""``aud`` of every access token: all services of one installation accept the same ones."""
TICKET_AUDIENCE = "parley-ticket"
"""``aud`` of every ticket; never one that an access token has."""
TICKET_LIFETIME_S = 30
"""Life of a ticket in seconds: it stands in an address, and is to be used at once."""
REMEMBERED = 4096
"""Tokens whose signature was right: the same one comes with each request, and with each connection
that is made again. What is compared with the clock is compared each time."""
LIFETIME_S = 600
"""Life of a token in seconds; a browser renews it in time, other clients likewise."""
RENEWAL_GRACE_S = 60
"""How long after its end a token may still be renewed, in seconds."""
CLOCK_SKEW_S = 30
"""How far ahead of ours the issuing machine's clock may be, in seconds."""
TOKEN_CHARS = 4096
"""Longest text that is looked at; ours have about 400."""
ACCESS_COOKIE = "parley_access"
"""Holds the access token of a browser; every service reads it, scripts cannot."""
CSRF_COOKIE = "parley_csrf"
"""Holds what a browser's requests that write have to prove to know; see ``libs.common.http.csrf``."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says.

    Attributes:
        sub: user id.
        sid: id of the sign-in from which the token was made.
        name: username, for logs and admin pages; it may be out of date.
        staff: whether the user may open admin pages.
        iat: when it was made, in seconds since 1970.
        exp: when it ends, likewise.
        aud: for whom it was made.
    """

    sub: str
    sid: str
    name: str
    staff: bool
    iat: int
    exp: int
    aud: str


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket says.

    Attributes:
        sub: user id.
        sid: id of the sign-in of whoever asked for it.
        jti: the ticket's own id; it is used up when this one is in the database.
        exp: when it ends, in seconds since 1970.
        aud: ``TICKET_AUDIENCE``.
    """

    sub: str
    sid: str
    jti: UUID
    exp: int
    aud: str


AnyClaims = TypeVar("AnyClaims", Claims, Ticket)


class Issuer:
    """Makes tokens and tickets. There is one signing key; ``verify_keys`` must hold its public half.

    Args:
        signing_key: Ed25519 private key, PEM.
        verify_keys: public keys (PEM) by key id; the matching one gives tokens their ``kid``.

    Raises:
        ValueError: the key is no Ed25519 key, or nobody could verify what it signs.
    """

    def __init__(
        self,
        signing_key: str,
        *,
        verify_keys: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._key = _private_key(signing_key)
        self._kid = _kid_of(self._key, verify_keys)
        self._clock = clock

    def issue(self, *, sub: str, sid: str, name: str, staff: bool) -> str:
        """Make a token that lives ``LIFETIME_S`` from now."""
        iat = int(self._clock.now().timestamp())
        claims = Claims(
            sub=sub,
            sid=sid,
            name=name,
            staff=staff,
            iat=iat,
            exp=iat + LIFETIME_S,
            aud=AUDIENCE,
        )
        return self._signed(claims)

    def issue_ticket(self, *, sub: str, sid: str) -> str:
        """Make a ticket that lives ``TICKET_LIFETIME_S`` from now; nothing keeps note of it."""
        exp = int(self._clock.now().timestamp()) + TICKET_LIFETIME_S
        return self._signed(Ticket(sub=sub, sid=sid, jti=uuid4(), exp=exp, aud=TICKET_AUDIENCE))

    def _signed(self, claims: Claims | Ticket) -> str:
        return jwt.encode(
            msgspec.to_builtins(claims), self._key, algorithm=ALGORITHM, headers={"kid": self._kid}
        )


class Verifier:
    """Verifies tokens and tickets with the public keys (PEM, by key id) that this installation knows.

    Raises:
        ValueError: one of them is no Ed25519 public key.
    """

    def __init__(self, keys: Mapping[str, str], *, clock: Clock) -> None:
        self._keys = {kid: _public_key(pem) for kid, pem in keys.items()}
        self._clock = clock
        self._claims_of: Callable[[str], Claims] = functools.lru_cache(REMEMBERED)(
            lambda token: self._read(token, Claims, audience=AUDIENCE)
        )

    def verify(self, token: str, *, leeway_s: float = 0) -> Claims:
        """Return what a token says, if it is ours and has not ended ``leeway_s`` ago or earlier.

        Raises:
            Unauthenticated: in every other case. It does not say which, on purpose.
        """
        claims = self._claims_of(token)
        now = self._clock.now().timestamp()
        if claims.exp + leeway_s <= now or claims.iat > now + CLOCK_SKEW_S:
            raise Unauthenticated
        return claims

    def verify_ticket(self, ticket: str) -> Ticket:
        """Return what a ticket says, if it is ours and has not ended; it may have been used.

        Raises:
            Unauthenticated: in every other case.
        """
        claims = self._read(ticket, Ticket, audience=TICKET_AUDIENCE)
        if claims.exp <= self._clock.now().timestamp():
            raise Unauthenticated
        return claims

    def _read(self, text: str, kind: type[AnyClaims], *, audience: str) -> AnyClaims:
        """Return what is signed by one of our keys and has the claims of its kind.

        Raises:
            Unauthenticated: it is not.
        """
        if len(text) > TOKEN_CHARS:
            raise Unauthenticated
        try:
            return msgspec.convert(self._payload(text, audience), kind)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError):
            raise Unauthenticated from None

    def _payload(self, text: str, audience: str) -> dict[str, Any]:
        key = self._keys.get(jwt.get_unverified_header(text).get("kid", ""))
        if key is None:
            raise Unauthenticated
        return jwt.decode(
            text,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            # Times are compared with the injected clock, by those who call.
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )


def _private_key(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("The signing key is no Ed25519 private key.")  # noqa: TRY004 - the PEM's value
    return key


def _public_key(pem: str) -> Ed25519PublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("A key to verify tokens with is no Ed25519 public key.")  # noqa: TRY004 - the PEM's value
    return key


def _kid_of(key: Ed25519PrivateKey, verify_keys: Mapping[str, str]) -> str:
    own = key.public_key()
    for kid, pem in verify_keys.items():
        if _public_key(pem) == own:
            return kid
    raise ValueError("None of the keys to verify tokens with belongs to the signing key.")
