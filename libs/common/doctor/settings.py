"""What the environment says: that of any service, with nothing required, because that is judged.

What cannot be read is a finding like others, so no value is parsed before somebody judges it.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel

from libs.common import config

SERVICES = ("chat", "presence", "queue", "receipts")
UNKNOWN = "?"
"""Whose a database is where nothing says so."""
DATABASE_OF = "{}_DATABASE_URL"
"""Where one place has the databases of several services, as the Job ``migrate`` does."""
UNUSED = {
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PORT": "1",
    "INTERNAL_PORT": "1",
    "SECRET_KEY": "unused" * 10,
    "TOKEN_SIGNING_KEY": "-----BEGIN unused",
    "TOKEN_VERIFY_KEYS": "{}",
    "ALLOWED_ORIGINS": "https://unused.invalid",
    "ALLOWED_HOSTS": "unused.invalid",
}
"""What the settings of a service want for a command that touches its database alone."""
NEVER_TOLD = ("secret_key", "token_signing_key", "vapid_private_key")
"""Besides the passwords of all addresses."""


class Given(BaseModel):
    """The variables that are looked at, as they are; None where they are not there."""

    database_url: str | None = None
    chat_database_url: str | None = None
    presence_database_url: str | None = None
    queue_database_url: str | None = None
    receipts_database_url: str | None = None
    redis_url: str | None = None
    secret_key: str | None = None
    token_signing_key: str | None = None
    token_verify_keys: str | None = None
    allowed_origins: str | None = None
    trusted_proxies: str = ""
    development: str = "false"
    internal_port: str | None = None
    services_url: str | None = None
    connections: str | None = None
    stream_partitions: str | None = None
    vapid_private_key: str | None = None
    external_jwks_url: str | None = None


class Deployment:
    """What is to be known of where we are.

    ``problems`` are variables, and what is wrong with each.

    Args:
        environ: the environment.
        service: whose environment it is, where somebody says so.
    """

    def __init__(self, environ: Mapping[str, str], *, service: str | None = None) -> None:
        self.problems: list[tuple[str, str]] = []
        values = {
            name: environ[name.upper()] for name in Given.model_fields if name.upper() in environ
        }
        for name in Given.model_fields:
            try:
                values |= config.from_files([name], environ)
            except config.NotReadable as error:
                self.problems += [
                    (variable, "cannot be read, or is given twice")
                    for variable, _ in error.problems
                ]
        self.given = Given(**values)
        self.service = service or _service_of(self.given)
        self._environ = environ

    @property
    def databases(self) -> dict[str, str]:
        """The addresses of databases, by service or ``UNKNOWN``."""
        found = {
            name: url
            for name in SERVICES
            if (url := getattr(self.given, DATABASE_OF.format(name).lower())) is not None
        }
        if self.given.database_url is not None:
            found.setdefault(self.service or UNKNOWN, self.given.database_url)
        return found

    @property
    def verify_keys(self) -> dict[str, str] | None:
        """The public keys; None where they are no JSON object of texts."""
        try:
            keys: Any = json.loads(self.given.token_verify_keys or "")
        except ValueError:
            return None
        fits = isinstance(keys, dict) and all(isinstance(pem, str) for pem in keys.values())
        return keys if fits else None

    @property
    def signing_key(self) -> str | None:
        """The private key as PEM, as far as it can be made one."""
        text = self.given.token_signing_key
        if text is None or text.lstrip().startswith("-----BEGIN"):
            return text
        try:
            return base64.b64decode(text, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return ""

    @property
    def development(self) -> bool:
        """Whether it is said to be for this machine alone."""
        return self.given.development.strip().lower() in {"1", "true", "yes", "on", "t", "y"}

    @property
    def origin(self) -> str | None:
        """The first page that may come in."""
        return (self.given.allowed_origins or "").partition(",")[0].strip() or None

    @property
    def trusted(self) -> list[str]:
        """Whose ``X-Forwarded-For`` is believed."""
        return [part.strip() for part in self.given.trusted_proxies.split(",") if part.strip()]

    def number(self, name: str, default: int) -> int:
        """Return a variable that is a number; the default where it is none, which is told elsewhere."""
        text = str(getattr(self.given, name) or "")
        return int(text) if text.isascii() and text.isdigit() else default

    def environment_of(self, service: str) -> dict[str, str]:
        """Return what a command of a service gets; of others than our own some is filled in."""
        own = dict(self._environ)
        if service == self.service and DATABASE_OF.format(service.upper()) not in own:
            return own
        own.pop("DATABASE_URL" + config.IN_A_FILE, None)
        own["DATABASE_URL"] = self.databases[service]
        if service == self.service:
            return own
        missing = {
            name: value
            for name, value in UNUSED.items()
            if name not in own and name + config.IN_A_FILE not in own
        }
        return missing | own

    @property
    def secrets(self) -> list[str]:
        """All that may stand in no report."""
        found = [getattr(self.given, name) for name in NEVER_TOLD]
        for url in [*self.databases.values(), self.given.redis_url or ""]:
            found += _passwords_of(url)
        return [secret for secret in found if secret]


def _passwords_of(url: str) -> list[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return [url]
    return [password, unquote(password)]


def _service_of(given: Given) -> str | None:
    """Guess whose environment this is: chat signs, and databases are mostly named for their service."""
    if given.token_signing_key is not None:
        return "chat"
    try:
        place = urlsplit(given.database_url or "")
        named = f"{place.username or ''} {place.path}"
    except ValueError:
        return None
    found = [name for name in SERVICES if name in named]
    return found[0] if len(found) == 1 else None


def deployment(service: str | None) -> Deployment:
    """Read the environment of this process."""
    return Deployment(os.environ, service=service)
