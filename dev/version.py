"""The version: it stands in pyproject.toml, and `python -m dev.version` writes it where else it is read.

npm, pip and docker read it in files of their own. `make fix` does this, too.
"""

import re
import tomllib
from collections.abc import Mapping

from dev.settings import ROOT

IN_TOML = re.compile(r'^(?P<before>version = ")[^"]*', re.MULTILINE)
IN_JSON = re.compile(r'(?P<before>"name": "(?:parley-web|@parley/\w+)",\s+"version": ")[^"]*')
"""Of what is ours. A lock of npm holds others' versions, too."""
IN_DOCKERFILE = re.compile(r"^(?P<before>ARG VERSION=).*", re.MULTILINE)
PLACES: Mapping[str, re.Pattern[str]] = {
    "Dockerfile": IN_DOCKERFILE,
    "clients/python/pyproject.toml": IN_TOML,
    "clients/web/package.json": IN_JSON,
    "clients/web/package-lock.json": IN_JSON,
    "clients/web/app/package.json": IN_JSON,
    "clients/web/sdk/package.json": IN_JSON,
}


def main() -> None:
    """Write the version in every place that has another one."""
    version = product_version()
    for place in PLACES:
        before = (ROOT / place).read_text(encoding="utf-8")
        now = with_version(place, before, version)
        if now != before:
            (ROOT / place).write_text(now, encoding="utf-8")


def product_version() -> str:
    """Return the version of everything."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def with_version(place: str, text: str, version: str) -> str:
    """Return the text of a place with this version in it.

    Raises:
        LookupError: it says none.
    """
    now, count = PLACES[place].subn(rf"\g<before>{version}", text)
    if count == 0:
        raise LookupError(f"{place} says no version")
    return now


if __name__ == "__main__":
    main()
