"""Reads what the pages have people type: commands in blocks and in backticks, and paths in either."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.unit.docs.pages import PAGES, ROOT

SHELL = ("console", "sh", "")
"""Blocks of these languages hold commands; others hold code or settings."""
OTHERS = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md"),
    *("clients/python/README.md", "clients/python/parley/README.md", "clients/web/sdk/README.md"),
    *("examples/bot/README.md", "examples/django-site/README.md"),
)
"""Pages outside of `docs/`."""

TOPS = {
    *("benchmarks", "clients", "dev", "docs", "examples", "gateway", "k8s", "libs"),
    *("monitoring", "requirements", "services", "tests"),
}
"""The folders of the repository."""
NOT_OURS = {"node_modules", "build", "dist"}

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_COMMENT = re.compile(r"(?:^|[ \t]+)#\s.*$", re.MULTILINE)
_GOES_ON = re.compile(r"\\\n\s*")
_BEGINS = r"(?:^|[;&|(]\s*|\bdo\s+|\$\s+|\s--\s+)(?:\w+=\S*\s+)*"
"""What may stand before a command: the beginning, another command, a prompt, variables."""
_VERB = re.compile(_BEGINS + r"make (?P<verb>[a-z][\w-]*)(?P<more>[^;&|\n]*)", re.MULTILINE)
_MODULE = re.compile(r"\bpython3? -m (?P<module>[a-z_][\w.]*)(?P<more>[^;&|)\n]*)")
_GIVEN = re.compile(r'\b(?P<name>DO|SERVICE)=(?:"(?P<quoted>[^"]*)"|(?P<word>\S*))')
_PATH = re.compile(
    r"(?<![\w./:$~@{<-])(?:(?:[\w.-]+/)+[\w.*-]*|[\w.-]+\.(?:py|md|ya?ml|toml|cfg|lua)\b)"
)
_SOURCE = re.compile(r".*\.(?:py|md|ya?ml|toml|cfg|lua)")


@dataclass(frozen=True)
class Typed:
    """Something that a page has people type.

    Attributes:
        page: from the root of the repository.
        text: of one block, or of what stands between backticks.
    """

    page: str
    text: str


def pages() -> list[Path]:
    """Return every page whose commands are looked at."""
    return [*PAGES, *(ROOT / name for name in OTHERS)]


def typed(page: Path) -> Iterator[Typed]:
    """Yield what stands in blocks of commands and in backticks, without comments."""
    text, name = page.read_text(encoding="utf-8"), str(page.relative_to(ROOT))
    for block in _BLOCK.finditer(text):
        if block["language"] in SHELL:
            yield Typed(name, _COMMENT.sub("", _GOES_ON.sub("", block["text"])))
    for inline in _INLINE.findall(_BLOCK.sub("", text)):
        yield Typed(name, inline.replace("\n", " "))


def verbs(text: str) -> list[str]:
    """Return the verbs of `make` in a text."""
    return [found["verb"] for found in _VERB.finditer(text)]


def modules(text: str) -> list[str]:
    """Return what `python -m` runs in a text."""
    return [found["module"].rstrip(".") for found in _MODULE.finditer(text)]


def management(text: str) -> Iterator[tuple[str, str]]:
    """Yield the service and the name of each management command in a text."""
    for found in _VERB.finditer(text):
        given = {
            each["name"]: each["quoted"] or each["word"] for each in _GIVEN.finditer(found["more"])
        }
        if found["verb"] == "manage" and given.get("DO"):
            yield given.get("SERVICE", "chat"), given["DO"].split()[0]
    for found in _MODULE.finditer(text):
        words = [word for word in found["more"].split() if re.fullmatch(r"[a-z_]+", word)]
        if found["module"].startswith("services.") and found["more"].startswith(" ") and words:
            yield found["module"].removeprefix("services."), words[0]


def paths(text: str) -> list[str]:
    """Return the paths in a text that are ours by their look.

    They begin in a top folder of the repository, or they end as sources do, and may then be told
    from any folder on.
    """
    found = [path.rstrip(".,") for path in _PATH.findall(text)]
    return [path for path in found if path.split("/")[0] in TOPS or _SOURCE.fullmatch(path)]


def is_there(path: str) -> bool:
    """Whether a path leads to a file or folder; `*` in it to any."""
    bare = path.rstrip("/")
    return any(ROOT.glob(bare)) or any(f"/{bare}/" in f"/{each}/" for each in _sources())


@cache
def _sources() -> tuple[str, ...]:
    def below(folder: Path) -> Iterator[Path]:
        for each in folder.iterdir():
            if each.is_dir() and each.name not in NOT_OURS and each.name[0] != ".":
                yield from below(each)
            elif each.is_file():
                yield each

    return tuple(str(each.relative_to(ROOT)) for each in below(ROOT))
