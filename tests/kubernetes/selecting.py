"""Who is meant by a label selector."""

from collections.abc import Mapping
from typing import Any


def is_selected(selector: Mapping[str, Any], has: Mapping[str, str]) -> bool:
    """Say whether a label selector selects who has these labels."""
    alike = all(has.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    return alike and all(_holds(each, has) for each in selector.get("matchExpressions") or ())


def _holds(expression: Mapping[str, Any], has: Mapping[str, str]) -> bool:
    assert expression["operator"] == "In"
    return has.get(expression["key"]) in expression["values"]
