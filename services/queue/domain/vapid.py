"""By what a push service knows who sends: a key pair of ours, and a token for each of its origins.

Source: RFC 8292 (VAPID).
"""

import base64
import binascii
import datetime as dt

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ALGORITHM = "ES256"
TOKEN_LIFE = dt.timedelta(hours=12)
"""How long a token holds; a push service takes none of more than a day."""
SCALAR_BYTES = 32
"""Length of a private key on P-256."""


class Vapid:
    """Who we are to push services.

    Args:
        private_key: see ``private_key_of``.
        subject: see ``check_subject``.

    Raises:
        ValueError: one of them is none.
    """

    def __init__(self, private_key: str, subject: str) -> None:
        self._key = private_key_of(private_key)
        self._subject = check_subject(subject)
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.public_key = base64url(point)
        """What a browser subscribes with: the uncompressed point, base64url without padding."""

    def authorization(self, origin: str, *, now: dt.datetime) -> str:
        """Return the header by which a push service knows us.

        Args:
            origin: of the endpoint, as ``scheme://host[:port]``.
            now: from when it holds.
        """
        claims = {
            "aud": origin,
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "sub": self._subject,
        }
        token = jwt.encode(claims, self._key, algorithm=ALGORITHM)
        return f"vapid t={token}, k={self.public_key}"


def private_key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """Return a private key on P-256: PEM, or base64url of its 32 bytes as web-push tools write it.

    Raises:
        ValueError: it is none.
    """
    try:
        if text.lstrip().startswith("-----BEGIN"):
            key = serialization.load_pem_private_key(text.encode(), password=None)
        else:
            key = _from_scalar(from_base64url(text.strip()))
    except (ValueError, TypeError) as error:
        raise ValueError("is no private key on P-256, neither PEM nor base64url") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("is no private key on P-256")  # noqa: TRY004 - the PEM's value
    return key


def _from_scalar(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    if len(scalar) != SCALAR_BYTES:
        raise ValueError(f"is not of {SCALAR_BYTES} bytes")
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def check_subject(text: str) -> str:
    """Check where whoever runs a push service reaches us; return it.

    Raises:
        ValueError: it is neither a ``mailto:`` nor an ``https:`` address.
    """
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in ("mailto", "https") or not rest.strip("/"):
        raise ValueError("has to be a mailto: or https: address")
    return text


def base64url(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Read base64url, with padding or without.

    Raises:
        ValueError: it is none.
    """
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("is no base64url") from error
