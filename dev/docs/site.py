"""What Sphinx reads: the pages of `docs/`, those that stand elsewhere, and those made from the code.

`docs/README.md` is the only index: its sections are the parts of the site, and what its tables lead to
is their pages, in that order. Links between pages stay as they are wherever a page goes; a link to
another file brings that file along.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from os.path import relpath
from pathlib import Path

from dev.settings import ROOT

DOCS = ROOT / "docs"
MOVED = {
    "docs/README.md": "index.md",
    "README.md": "readme.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
    "clients/python/README.md": "python.md",
    "clients/python/parley/README.md": "python-client.md",
    "clients/web/sdk/README.md": "sdk.md",
    "tests/conformance/README.md": "conversations.md",
}
"""Pages that have another place on the site, from the root of the repository."""
MADE = "reference"
"""Folder of the pages that are made from the code."""
FOLDERS = {"runbooks": "Runbooks", "decisions": "Decisions"}
"""Folders of `docs/` that get a page of their own, with its title."""
LINK = re.compile(r'(?P<before>\]\(|src=")(?P<target>[^)"#:\s]+)(?P<after>[^)"\s]*[)"])')
PICTURE = re.compile(r"^ *</?(?:picture|source)\b.*\n", re.MULTILINE)
"""Which pictures are for dark pages, forges know; what is left is one picture for all."""
LOADS = {
    ".html": re.compile(
        r"<(?:script|link|img|iframe|source|video)\b[^>]*?\b(?:src|href)=[\"']?((?:https?:)?//[^\"'>\s]+)"
    ),
    ".css": re.compile(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')\s]+)"),
}
"""What makes a browser load something from another host, by the kind of the file."""
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| \[(?P<name>[^\]]+)\]\((?P<target>[^)#]+)\)", re.MULTILINE)


def gather(made: Mapping[str, str], into: Path) -> None:
    """Write everything that Sphinx reads into a folder, which is made anew.

    Args:
        made: the pages, and other files, that come from the code, by name.
        into: the folder.
    """
    shutil.rmtree(into, ignore_errors=True)
    for page in pages():
        place = into / place_of(page)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_text(page, into), encoding="utf-8")
    for folder, title in FOLDERS.items():
        names = [page.stem for page in sorted((DOCS / folder).glob("*.md"))]
        text = f"# {title}\n\n{toctree(names)}"
        (into / folder / "index.md").write_text(text, encoding="utf-8")
    (into / MADE).mkdir()
    for name, text in made.items():
        (into / MADE / name).write_text(text, encoding="utf-8")
    index = into / MOVED["docs/README.md"]
    index.write_text(index.read_text(encoding="utf-8") + contents(made), encoding="utf-8")


def pages() -> list[Path]:
    """Return every page that stands in the repository and belongs to the site."""
    return [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in MOVED if "docs/" not in name)]


def place_of(path: Path) -> Path:
    """Return where something of the repository is on the site."""
    name = str(path.relative_to(ROOT))
    if name in MOVED:
        return Path(MOVED[name])
    if path.is_dir():
        return path.relative_to(DOCS) / "index.md"
    return path.relative_to(DOCS if path.is_relative_to(DOCS) else ROOT)


def sections() -> Mapping[str, Mapping[str, str]]:
    """Return the parts of the site: by heading of the index, its pages by what they are called."""
    _, *parts = SECTION.split((DOCS / "README.md").read_text(encoding="utf-8"))
    return {
        heading: {
            row["name"]: str(place_of((DOCS / row["target"]).resolve()))
            for row in ROW.finditer(text)
        }
        for heading, text in zip(parts[::2], parts[1::2], strict=True)
    }


def contents(made: Mapping[str, str]) -> str:
    """Return what the index of the site has below that of the repository."""
    text = ""
    seen = set[str]()
    for heading, rows in sections().items():
        entries = [
            f"{name[:1].upper()}{name[1:]} <{place.removesuffix('.md')}>"
            for name, place in rows.items()
            if place not in seen
        ]
        seen.update(rows.values())
        text += "\n" + toctree(entries, caption=heading, is_hidden=True)
    from_code = [f"{MADE}/{name.removesuffix('.md')}" for name in made if name.endswith(".md")]
    return f"{text}\n## Made from the code\n\n{toctree(from_code, caption='From the code')}"


def toctree(entries: list[str], *, caption: str = "", is_hidden: bool = False) -> str:
    """Return a table of contents, as MyST reads it."""
    options = [":maxdepth: 1", *([f":caption: {caption}"] if caption else [])]
    lines = [
        "```{toctree}",
        *options,
        *([":hidden:"] if is_hidden else []),
        "",
        *entries,
        "```",
        "",
    ]
    return "\n".join(lines)


def _text(page: Path, into: Path) -> str:
    place = place_of(page)

    def followed(link: re.Match[str]) -> str:
        target = (page.parent / link["target"]).resolve()
        if not target.exists() or not target.is_relative_to(ROOT):
            return link[0]
        if target.is_dir() and target.name not in FOLDERS:
            return link[0]
        there = place_of(target)
        if target.is_file() and target.suffix != ".md":
            (into / there).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(target, into / there)
        return f"{link['before']}{relpath(there, place.parent)}{link['after']}"

    return LINK.sub(followed, PICTURE.sub("", page.read_text(encoding="utf-8")))


def elsewhere(built: Path) -> Iterator[str]:
    """Yield what a built site loads from another place than itself; links to follow are no load."""
    for path in sorted(built.rglob("*")):
        if path.suffix in LOADS:
            for address in LOADS[path.suffix].findall(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(built)}: {address}"
