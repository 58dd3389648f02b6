"""The files of the deployment, as they are written."""

import re
from typing import Any

import yaml

from dev.settings import ROOT

FILES = ("docker-compose.yml", "docker-compose.tls.yml")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::?([-?])([^}]*))?\}")
"""``${NAME:-default}``, or ``:?why it has to be given``."""
EXAMPLE = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parsed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text_of(name))
    return found


def services(name: str = FILES[0]) -> dict[str, Any]:
    """Return each container's part of the file; anchors are resolved."""
    found: dict[str, Any] = parsed(name)["services"]
    return found


def variables() -> dict[str, set[str]]:
    """Return the defaults of each variable, wherever one is read."""
    found: dict[str, set[str]] = {}
    for name in FILES:
        for variable, kind, default in VARIABLE.findall(text_of(name)):
            found.setdefault(variable, set()).update({default} if kind == "-" else ())
    return found


def examples() -> dict[str, list[str]]:
    """Return what ``.env.example`` shows, by variable."""
    found: dict[str, list[str]] = {}
    for variable, value in EXAMPLE.findall(text_of(".env.example")):
        found.setdefault(variable, []).append(value)
    return found
