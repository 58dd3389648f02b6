"""Reading a service's settings: typed, all at once, and before any port opens; types for them.

A missing or wrong variable stops the process with a line that names it; nothing is guessed.
"""

import ipaddress
import sys
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Json, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode

EX_CONFIG = 78
"""Exit status of a process whose configuration is wrong. Source: sysexits.h."""

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0)]
ServerName = Literal["uvicorn", "daphne"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
SecretKey = Annotated[SecretStr, Field(min_length=50)]
"""Django's, which signs; as long as `check --deploy` wants it."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def _parted(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parted)]
"""A list with commas in between."""


def _networks(parts: tuple[str, ...]) -> tuple[str, ...]:
    for part in parts:
        ipaddress.ip_network(part)
    return parts


Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parted), AfterValidator(_networks)]
"""Addresses and networks (``10.0.0.0/8``), with commas in between."""


VerifyKeys = Annotated[Json[dict[str, str]], NoDecode]
"""Public keys (PEM) by key id, as a JSON object."""


def check_hosts(hosts: Sequence[str], *, development: bool) -> None:
    """Check that development stays on this machine.

    Args:
        hosts: names that are served, as in Django's ``ALLOWED_HOSTS``.
        development: whether cookies go without ``Secure``, and answers without HSTS.

    Raises:
        ValueError: a host is elsewhere.
    """
    if development and any(host.strip("[]") not in LOOPBACK_HOSTS for host in hosts):
        raise ValueError("DEVELOPMENT=true is for hosts of this machine only")


def check_origins(origins: Sequence[str], *, development: bool) -> None:
    """Check that development stays on this machine, and that all else is reached over TLS.

    Args:
        origins: pages that may connect and write, as ``scheme://host[:port]``.
        development: whether cookies go without ``Secure``.

    Raises:
        ValueError: an origin is elsewhere, or not ``https``.
    """
    parts = [urlsplit(origin) for origin in origins]
    if development and any(part.hostname not in LOOPBACK_HOSTS for part in parts):
        raise ValueError("DEVELOPMENT=true is for origins on this machine only")
    if not development and any(part.scheme != "https" for part in parts):
        raise ValueError("ALLOWED_ORIGINS have to be https, but with DEVELOPMENT=true")


def load(settings_class: type[SettingsT]) -> SettingsT:
    """Read the settings from the environment.

    Raises:
        SystemExit: with status 78, after naming every variable that is missing or wrong.
    """
    try:
        return settings_class()
    except ValidationError as error:
        sys.stderr.write(explain(error))
        raise SystemExit(EX_CONFIG) from None


def explain(error: ValidationError) -> str:
    """Say in one line a variable what is wrong with the configuration."""
    lines = [
        f"  {'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
    return "The configuration is not usable:\n" + "\n".join(lines) + "\n"
