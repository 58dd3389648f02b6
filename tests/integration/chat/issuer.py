"""An issuer of the tests' own: it makes tokens for people, and serves the keys to verify them with.

Served by a thread on a loopback port. What it serves can be broken in every way that a foreign
server breaks, and every request is counted.
"""

import contextlib
import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from libs.common.clock import SystemClock

LOOPBACK = "127.0.0.1"
AUDIENCE = "parley-tests"
LIFETIME_S = 300

Kind = Literal["RS256", "PS256", "ES256", "EdDSA"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class SigningKey:
    """A private key and what the JWK Set says of its public half."""

    private: PrivateKey
    kid: str
    algorithm: Kind

    @classmethod
    def new(cls, algorithm: Kind = "ES256", *, kid: str | None = None) -> "SigningKey":
        """Make a key; RSA takes a moment."""
        private: PrivateKey
        match algorithm:
            case "RS256" | "PS256":
                private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            case "ES256":
                private = ec.generate_private_key(ec.SECP256R1())
            case "EdDSA":
                private = ed25519.Ed25519PrivateKey.generate()
        return cls(private, kid or uuid.uuid4().hex, algorithm)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as a member of a JWK Set."""
        match self.private:
            case rsa.RSAPrivateKey():
                public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
            case ec.EllipticCurvePrivateKey():
                public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
            case _:
                public = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        public.pop("key_ops", None)
        return {**public, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, claims: Mapping[str, Any], **headers: Any) -> str:
        """Sign claims; ``headers`` go beside ``kid`` and ``alg``, or instead of ``kid``."""
        return jwt.encode(
            dict(claims),
            self.private,
            algorithm=self.algorithm,
            headers={"kid": self.kid, **headers},
        )


def claims_of(issuer: str, subject: str, **changes: Any) -> dict[str, Any]:
    """Return claims that hold now; a change to ``...`` leaves one out."""
    now = int(SystemClock().now().timestamp())
    whole = {
        "iss": issuer,
        "sub": subject,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME_S,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


@dataclass
class Issuer:
    """A running issuer. ``keys`` are served; change the list to rotate them.

    Attributes:
        url: its name (``iss``), and where it listens.
        broken: what it serves instead of its keys: a status and a body, or None.
        requests: how often it was asked.
    """

    url: str
    keys: list[SigningKey] = field(default_factory=list)
    broken: tuple[int, bytes] | None = None
    requests: int = 0
    going_on: threading.Event = field(default_factory=threading.Event)

    @property
    def jwks_url(self) -> str:
        """Where the keys are."""
        return f"{self.url}/jwks.json"

    def token(
        self, subject: str | None = None, *, key: SigningKey | None = None, **more: Any
    ) -> str:
        """Make a token that is accepted, unless ``more`` claims spoil it."""
        claims = claims_of(self.url, subject or uuid.uuid4().hex, **more)
        return (key or self.keys[0]).sign(claims)

    def rotate(self, algorithm: Kind = "ES256") -> SigningKey:
        """Serve one new key in place of all others; return it."""
        self.keys = [SigningKey.new(algorithm)]
        return self.keys[0]

    @contextlib.contextmanager
    def breaking(self, status: int = 200, body: bytes = b"") -> Iterator[None]:
        """Answer something else inside the block."""
        self.broken = (status, body)
        try:
            yield
        finally:
            self.broken = None

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Take connections and answer nothing inside the block."""
        self.going_on.clear()
        try:
            yield
        finally:
            self.going_on.set()

    def answer(self) -> tuple[int, bytes]:
        """Return status and body of the next answer."""
        self.requests += 1
        self.going_on.wait()
        if self.broken is not None:
            return self.broken
        return 200, json.dumps({"keys": [key.jwk for key in self.keys]}).encode()


@contextlib.contextmanager
def running_issuer(port: int = 0) -> Iterator[Issuer]:
    """Serve an issuer with one key of each kind; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = issuer.answer()
            with contextlib.suppress(OSError):  # whoever asked has hung up
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Location", "/elsewhere.json")
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, port), Handler)
    server.daemon_threads = True
    issuer = Issuer(url=f"http://{LOOPBACK}:{server.server_port}")
    issuer.keys = [SigningKey.new(kind) for kind in ("ES256", "RS256", "EdDSA")]
    issuer.going_on.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        issuer.going_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
