"""Reading a service's settings: typed, all at once, and before any port opens; types for them.

A missing or wrong variable stops the process with a line that names it; nothing is guessed. What
``NAME_FILE`` names is read where ``NAME`` is wanted: so a secret stands in no environment.
"""

import ipaddress
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Json, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode

EX_CONFIG = 78
"""Exit status of a process whose configuration is wrong. Source: sysexits.h."""

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0)]
Ratio = Annotated[float, Field(ge=0, le=1)]
ServerName = Literal["uvicorn", "daphne"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
SECRET_CHARS = 50
"""Length of Django's key at least: as long as `check --deploy` wants it."""
SecretKey = Annotated[SecretStr, Field(min_length=SECRET_CHARS)]
"""Django's, which signs."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
IN_A_FILE = "_FILE"
"""Behind a variable's name: the variable is the content of the file that this one names."""


def _parted(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parted)]
"""A list with commas in between."""


def _named(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Address = Annotated[
    Annotated[str, Field(pattern=r"^https?://[!-~]+$")] | None, BeforeValidator(_named)
]
"""Of another server; a deployment may name the variable and leave it empty."""


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


class NotReadable(Exception):
    """Files that variables name cannot be had; each problem is a variable and what is wrong."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems))
        self.problems = problems


def from_files(names: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Read the variables that are given as files.

    Args:
        names: of the settings' fields, in lower case.
        environ: the environment.

    Returns:
        The text of each file by field, without the white space around it.

    Raises:
        NotReadable: a file is not there, cannot be read or is no text; or a variable is given twice.
    """
    found: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for name in names:
        variable = name.upper()
        path = environ.get(variable + IN_A_FILE)
        if not path:
            continue
        if variable in environ:
            problems.append((variable, f"is given twice, also by {variable}{IN_A_FILE}"))
            continue
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is no text"
            problems.append((variable + IN_A_FILE, f"{path}: {reason}"))
    if problems:
        raise NotReadable(problems)
    return found


def load(settings_class: type[SettingsT]) -> SettingsT:
    """Read the settings from the environment, and from the files that it names.

    Raises:
        SystemExit: with status 78, after naming every variable that is missing or wrong.
    """
    try:
        given: dict[str, Any] = {**from_files(settings_class.model_fields, os.environ)}
        return settings_class(**given)
    except NotReadable as error:
        sys.stderr.write(told(error.problems))
    except ValidationError as error:
        sys.stderr.write(explain(error))
    raise SystemExit(EX_CONFIG)


def explain(error: ValidationError) -> str:
    """Say in one line a variable what is wrong with the configuration."""
    return told(
        [
            (".".join(str(part) for part in problem["loc"]).upper(), problem["msg"])
            for problem in error.errors(include_input=False, include_url=False)
        ]
    )


def told(problems: Sequence[tuple[str, str]]) -> str:
    """Put what is wrong into lines, by variable."""
    lines = [f"  {name}: {problem}" for name, problem in problems]
    return "The configuration is not usable:\n" + "\n".join(lines) + "\n"
