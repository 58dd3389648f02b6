"""A docstring in Google's form as Markdown: its sections become lists."""

import re
from collections.abc import Iterator
from inspect import cleandoc

SECTION = re.compile(r"(Args|Attributes|Returns|Raises|Yields):")
ITEM = re.compile(r" {4}(\w+): (.*)")


def prose(docstring: str | None) -> str:
    """Return it as Markdown; nothing where there is none."""
    return "\n".join(_lines(cleandoc(docstring or "").splitlines()))


def _lines(lines: list[str]) -> Iterator[str]:
    is_in_section = False
    for line in lines:
        if section := SECTION.fullmatch(line):
            is_in_section = True
            yield f"**{section[1]}**\n"
        elif is_in_section and (item := ITEM.fullmatch(line)):
            yield f"* `{item[1]}`: {item[2]}"
        elif is_in_section and line.startswith("    "):
            yield f"  {line.strip()}"
        else:
            is_in_section = is_in_section and not line
            yield line
