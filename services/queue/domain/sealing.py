"""What is pushed, so that only the browser can read it: a push service carries bytes.

One record of RFC 8188 (aes128gcm), with the keys of RFC 8291.
"""

import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

RECORD_BYTES = 4096
"""What a push service has to take at least; all that is sent is one record."""
PADDED_BYTES = 128
"""What is shorter is made as long as this, so its length tells nothing."""
LAST_RECORD = b"\x02"
SALT_BYTES, SECRET_BYTES, KEY_BYTES, NONCE_BYTES = 16, 32, 16, 12


def seal(
    text: bytes,
    *,
    point: bytes,
    auth: bytes,
    padded_bytes: int = PADDED_BYTES,
    private: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body of a request, which the browser with these keys can read.

    Args:
        text: what it is told.
        point: its public key, an uncompressed point on P-256.
        auth: what it shares with us.
        padded_bytes: see ``PADDED_BYTES``.
        private: our key for this body alone; never one that was used before. Made here but in tests.
        salt: likewise.
    """
    private = private or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(SALT_BYTES)
    own = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    shared = private.exchange(ec.ECDH(), browser)
    secret = _derived(shared, auth, b"WebPush: info\0" + point + own, SECRET_BYTES)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", KEY_BYTES)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", NONCE_BYTES)
    padding = bytes(max(0, padded_bytes - len(text)))
    header = salt + struct.pack("!LB", RECORD_BYTES, len(own)) + own
    return header + AESGCM(key).encrypt(nonce, text + LAST_RECORD + padding, None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
