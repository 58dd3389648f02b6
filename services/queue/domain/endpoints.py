"""Where a push may go. An endpoint comes from whoever is signed in, and it is we who call it.

So two things are judged: the address as it is written, when it is handed in, and the address of the
network, each time, when somebody is about to connect to it. Source: RFC 8291 for the keys.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from services.queue.domain.vapid import from_base64url

ENDPOINT_CHARS = 2048
"""Longest endpoint; those of the known push services have a few hundred characters."""
POINT_BYTES = 65
"""Length of an uncompressed point on P-256: what a browser has as ``p256dh``."""
AUTH_BYTES = 16
HTTPS_PORT, HTTP_PORT = 443, 80
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 behind a translator (RFC 6052): the last four bytes are the address that is meant."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint in its parts.

    Attributes:
        origin: for whom a token is made, as ``scheme://host[:port]``.
        host: with the port, where it is not the usual one: all of it that may be told.
        name: of the host alone.
        target: what is asked for there; it is a secret, for whoever knows it may push.
    """

    origin: str
    host: str
    name: str
    port: int
    target: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Take an endpoint apart.

        Raises:
            ValueError: it is none, or names somebody who signs in there.
        """
        if not text.isascii() or any(character <= " " or character == "\x7f" for character in text):
            raise ValueError("has characters that belong in no address")
        try:
            parts = urlsplit(text)
            (parts.hostname or "").encode("idna")
            is_whole = bool(parts.hostname) and parts.port != 0
        except (ValueError, UnicodeError) as error:
            raise ValueError("is no address") from error
        if not is_whole or parts.scheme not in ("https", "http"):
            raise ValueError("is no https address")
        if "@" in parts.netloc or "\\" in text:
            raise ValueError("must not hold a name or a password")
        return cls._of_parts(parts)

    @classmethod
    def _of_parts(cls, parts: SplitResult) -> Self:
        name = parts.hostname or ""
        usual = HTTPS_PORT if parts.scheme == "https" else HTTP_PORT
        port = usual if parts.port is None else parts.port
        written = f"[{name}]" if ":" in name else name
        host = written if port == usual else f"{written}:{port}"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(f"{parts.scheme}://{host}", host, name, port, target)

    @property
    def is_https(self) -> bool:
        """Whether it is called over TLS."""
        return self.origin.startswith("https:")


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """Which endpoints are called.

    Attributes:
        hosts: names that are, ``*.`` before one meaning all names below it; empty for any.
        loopback: whether this machine may be called, also without TLS: in development only.
    """

    hosts: Collection[str] = ()
    loopback: bool = False

    def check(self, text: str) -> Endpoint:
        """Check an endpoint as it is written; return its parts.

        Raises:
            ValueError: it is not called, and why.
        """
        if len(text) > ENDPOINT_CHARS:
            raise ValueError(f"is longer than {ENDPOINT_CHARS} characters")
        endpoint = Endpoint.of(text)
        literal = _literal(endpoint.name)
        local = endpoint.name == "localhost" or (literal is not None and literal.is_loopback)
        if not endpoint.is_https and not (self.loopback and local):
            raise ValueError("is no https address")
        if literal is not None and not self.may_call(literal):
            raise ValueError("is no address of a push service")
        if not self.allows(endpoint.name):
            raise ValueError("is of a push service that is not used here")
        return endpoint

    def allows(self, name: str) -> bool:
        """Tell whether a host is one of those that are called."""
        return not self.hosts or any(_is_meant(host, name) for host in self.hosts)

    def may_call(self, address: Address) -> bool:
        """Tell whether an address of the network may be connected to: a public one."""
        if self.loopback and address.is_loopback:
            return True
        if isinstance(address, ipaddress.IPv6Address):
            if address in NAT64:
                return self.may_call(ipaddress.IPv4Address(address.packed[-4:]))
            if address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local:
                return False
        return address.is_global and not (address.is_multicast or address.is_reserved)


def check_point(text: str) -> bytes:
    """Return the public key of a browser.

    Raises:
        ValueError: it is no uncompressed point on P-256.
    """
    point = from_base64url(text)
    if len(point) != POINT_BYTES:
        raise ValueError("is no uncompressed point on P-256")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise ValueError("is no point on P-256") from error
    return point


def check_auth(text: str) -> bytes:
    """Return the secret that a browser shares with us.

    Raises:
        ValueError: it is not of 16 bytes.
    """
    auth = from_base64url(text)
    if len(auth) != AUTH_BYTES:
        raise ValueError(f"is not of {AUTH_BYTES} bytes")
    return auth


def _literal(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_meant(host: str, name: str) -> bool:
    if host.startswith("*."):
        return name.endswith(host[1:])
    return name == host
