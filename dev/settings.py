"""What `make up` reads from the environment, in one place.

Nothing is looked for on PATH or in the user's home: a server that is not given here by its URL is
the one that came as a wheel. Whoever asks for nginx gets the system's.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.errors import CannotStart
from dev.ports import MAX_PORT

ROOT = Path(__file__).resolve().parent.parent
"""The top folder of the repository; every process of the suite runs from here."""
DEFAULT_PORT = 8000
CADDY, NGINX = GATEWAYS = ("caddy", "nginx")
MAX_PROCESSES = 16
"""Most processes of one service; each holds some connections to PostgreSQL, which allows 200."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The choices of one run.

    Attributes:
        run_dir: absolute folder of everything that this copy writes: data, secrets, records.
        port: the gateway's, on 127.0.0.1; 0 lets the suite pick a free one.
        gateway: what it is, of ``GATEWAYS``.
        processes: how many processes of a service to start, where not one.
        database_url: a role with CREATEDB on a PostgreSQL of the user's own, or None.
        database_urls: a database of the user's own, by service.
        redis_url: a Redis or Valkey of the user's own, or None.
        demo: whether people, conversations and a bot come with it.
        origins: pages of the user's own that may connect and write, beside those at the gateway.
        inherited: the environment that the services get below what the suite sets itself.
    """

    run_dir: Path
    port: int = DEFAULT_PORT
    gateway: str = CADDY
    processes: Mapping[str, int] = field(default_factory=dict)
    database_url: str | None = None
    database_urls: Mapping[str, str] = field(default_factory=dict)
    redis_url: str | None = None
    demo: bool = False
    origins: Sequence[str] = ()
    inherited: Mapping[str, str] = field(default_factory=dict)


def from_environment(environ: Mapping[str, str], services: tuple[str, ...]) -> Settings:
    """Read the settings of a run with these services.

    Raises:
        CannotStart: a number is none, or out of its range; there is no such gateway; or a demo would
            go where it must not.
    """
    settings = Settings(
        run_dir=Path(environ.get("RUN_DIR") or ROOT / ".run").absolute(),
        port=_number(environ, "PORT", default=DEFAULT_PORT, lowest=0, highest=MAX_PORT),
        gateway=_one_of(environ, "GATEWAY", GATEWAYS),
        processes={
            name: _number(environ, key, default=1, lowest=1, highest=MAX_PROCESSES)
            for name in services
            if (key := f"{name.upper()}_PROCESSES") in environ
        },
        database_url=environ.get("DATABASE_URL") or None,
        database_urls={
            name: url for name in services if (url := environ.get(f"{name.upper()}_DATABASE_URL"))
        },
        redis_url=environ.get("REDIS_URL") or None,
        demo=bool(_number(environ, "DEMO", default=0, lowest=0, highest=1)),
        origins=_listed(environ, "ALLOWED_ORIGINS"),
        inherited=environ,
    )
    if settings.demo and (settings.database_url or settings.database_urls):
        raise CannotStart(
            "DEMO makes people whose password everybody knows: not in a database of your own."
        )
    return settings


def environment() -> Mapping[str, str]:
    """Return a copy of this process's environment."""
    return dict(os.environ)


def _number(
    environ: Mapping[str, str], key: str, *, default: int, lowest: int, highest: int
) -> int:
    text = environ.get(key, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
        raise CannotStart(f"{key} must be a number from {lowest} to {highest}, not {text!r}.")
    return int(text)


def _one_of(environ: Mapping[str, str], key: str, choices: Sequence[str]) -> str:
    """Return what was chosen, the first where nothing was."""
    text = environ.get(key, "").strip() or choices[0]
    if text not in choices:
        raise CannotStart(f"{key} must be one of {', '.join(choices)}, not {text!r}.")
    return text


def _listed(environ: Mapping[str, str], key: str) -> tuple[str, ...]:
    parts = (part.strip() for part in environ.get(key, "").split(","))
    return tuple(part for part in parts if part)
