"""``python -m dev.docs``, as `make docs`: builds the site into `build/docs`; a warning is an error.

Settings are those of the tests, and an environment in which the services' own can be imported: see
``dev.verbs.documents``.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import django

from dev import web
from dev.bootstrap import DOCS as PACKAGES
from dev.docs import (
    asyncapi,
    codes_page,
    events_page,
    frames_page,
    openapi_pages,
    python_page,
    settings_page,
    site,
)
from dev.services import SERVICES
from dev.settings import ROOT, environment
from dev.verbs import say

SOURCE = ROOT / "build" / "docs-source"
BUILT = ROOT / "build" / "docs"
STATIC = ROOT / "build" / "docs-static"
FAILED = 1


def main() -> int:
    """Build it; return the exit status."""
    django.setup()
    site.gather(made(), SOURCE)
    put_what_draws(STATIC)
    status = sphinx(SOURCE, BUILT)
    loaded = list(site.elsewhere(BUILT))
    for line in loaded:
        say(f"parley: loads from elsewhere: {line}")
    if status or loaded:
        return FAILED
    say(f"parley: {BUILT.relative_to(ROOT)}/index.html")
    return 0


def made() -> Mapping[str, str]:
    """Return everything that comes from the code, by the name of its file."""
    services = tuple(service.name for service in SERVICES)
    return {
        "frames.md": frames_page.page(),
        "asyncapi.json": as_json(asyncapi.document()),
        **{f"http-{service}.md": openapi_pages.page(service) for service in services},
        **{
            f"openapi-{service}.json": as_json(openapi_pages.document(service))
            for service in services
        },
        "codes.md": codes_page.page(),
        "events.md": events_page.page(),
        "settings.md": settings_page.page(services),
        "python.md": python_page.page(),
    }


def put_what_draws(into: Path) -> None:
    """Put what draws the diagrams into a folder that the site brings along."""
    web.install(web.DIAGRAMS)
    into.mkdir(parents=True, exist_ok=True)
    for path in ("node_modules/mermaid/dist/mermaid.min.js", "draw.js"):
        shutil.copy(web.DIAGRAMS / path, into)


def as_json(document: object) -> str:
    """Return a document as people may read it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def sphinx(source: Path, built: Path) -> int:
    """Let Sphinx build it, from nothing; return its exit status."""
    strict = ("--fail-on-warning", "--keep-going", "--nitpicky", "--fresh-env", "--write-all")
    command = (
        *(sys.executable, "-m", "sphinx", "--quiet", "--builder", "html", *strict),
        *(
            "--define",
            f"html_static_path={STATIC}",
            "--conf-dir",
            str(site.DOCS),
            "--doctree-dir",
            str(ROOT / "build" / "docs-trees"),
        ),
        *(str(source), str(built)),
    )
    shutil.rmtree(built, ignore_errors=True)
    alone = {**environment(), "PYTHONPATH": str(PACKAGES)}
    return subprocess.run(command, cwd=ROOT, env=alone, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
