"""The list of services, and the environment that each of them gets.

A new service is one line in ``SERVICES``: its database, its processes and its paths at the
gateway follow from it.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dev.keys import Secrets
from dev.ports import LOOPBACK


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the suite.

    Attributes:
        name: a word; also names its database and its variables.
        paths: what the gateway sends to it, in Caddy's notation.
        module: what ``python -m`` runs.
        signs_tokens: whether it gets the private key.
        pushes: whether it gets the key by which push services know it.
    """

    name: str
    paths: tuple[str, ...]
    module: str
    signs_tokens: bool = False
    pushes: bool = False

    @property
    def database(self) -> str:
        """The name of its database, and of the role that owns it on the embedded server."""
        return f"parley_{self.name}"

    def command(self, *arguments: str) -> Sequence[str]:
        """Return the command line that serves, or runs a management command."""
        return (sys.executable, "-m", self.module, *arguments)


SERVICES = (
    Service(
        name="chat",
        paths=("/api/chat/*", "/ws/chat/*", "/ws/notifications/*", "/*"),
        module="services.chat",
        signs_tokens=True,
    ),
    Service(name="presence", paths=("/api/presence/*",), module="services.presence"),
    Service(name="queue", paths=("/api/queue/*",), module="services.queue", pushes=True),
    Service(name="receipts", paths=("/api/receipts/*",), module="services.receipts"),
)
"""Every service, the one that answers ``/*`` included; the gateway matches that path last."""
VAPID_SUBJECT = "mailto:parley@example.org"
"""Of whom push services are told, where ``VAPID_SUBJECT`` says nobody: nobody is there."""
UNUSED_SURROUNDINGS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PORT": "1",
    "INTERNAL_PORT": "1",
    "SECRET_KEY": "unused" * 10,
    "TOKEN_SIGNING_KEY": "-----BEGIN unused",
    "TOKEN_VERIFY_KEYS": "{}",
    "ALLOWED_ORIGINS": "http://127.0.0.1:1",
    "ALLOWED_HOSTS": "127.0.0.1",
    "DEVELOPMENT": "true",
}
"""Lets a service's settings load for a command that touches neither database nor Redis."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all processes of a run share.

    Attributes:
        origins: where browsers may come from; the gateway's own address is the first.
        inherited: the environment of `make up`; what is set here for a service wins over it.
    """

    secrets: Secrets
    redis_url: str
    database_urls: Mapping[str, str]
    origins: Sequence[str]
    inherited: Mapping[str, str]


def service_environment(
    service: Service, around: Surroundings, *, port: int, internal_port: int
) -> dict[str, str]:
    """Return everything that one process of a service reads, given explicitly."""
    environment = {
        **around.inherited,
        "DATABASE_URL": around.database_urls[service.name],
        "REDIS_URL": around.redis_url,
        "HOST": LOOPBACK,
        "PORT": str(port),
        "INTERNAL_PORT": str(internal_port),
        "SECRET_KEY": around.secrets.secret_key,
        "TOKEN_VERIFY_KEYS": json.dumps(around.secrets.token_verify_keys),
        "ALLOWED_ORIGINS": ",".join(around.origins),
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "TRUSTED_PROXIES": LOOPBACK,
        "DEVELOPMENT": "true",
        "SERVICES_URL": around.origins[0],
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("TOKEN_SIGNING_KEY", None)
    environment.pop("VAPID_PRIVATE_KEY", None)
    if service.signs_tokens:
        environment["TOKEN_SIGNING_KEY"] = around.secrets.token_signing_key
    if service.pushes:
        environment["VAPID_PRIVATE_KEY"] = around.secrets.vapid_private_key
        environment.setdefault("VAPID_SUBJECT", VAPID_SUBJECT)
    return environment


def origins_of(port: int) -> tuple[str, str]:
    """Return the two names under which a browser on this machine reaches the gateway."""
    return f"http://{LOOPBACK}:{port}", f"http://localhost:{port}"
