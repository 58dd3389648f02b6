"""What is wrong with a value that should have been of a shape: the slow road of every reader.

The happy road is a decode by msgspec, which stops at the first thing that is wrong. People want to
know about each member.
"""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
from msgspec import Meta


def wrong_members(shape: type[msgspec.Struct], value: Mapping[str, Any]) -> dict[str, list[str]]:
    """Say what is wrong with each member of ``value`` that should have been a ``shape``.

    A type that has a ``description`` for people says that, whatever was wrong.
    """
    wrong: dict[str, list[str]] = {}
    for field in msgspec.structs.fields(shape):
        if field.encode_name not in value:
            if field.required:
                wrong[field.encode_name] = ["This member is required."]
            continue
        try:
            msgspec.convert(value[field.encode_name], field.type)
        except msgspec.ValidationError as error:
            wrong[field.encode_name] = [_described(field.type) or str(error)]
    return wrong


def _described(type_: Any) -> str | None:
    """Return what a type says of itself for people, if it does."""
    for part in (type_, *get_args(type_)):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.description:
                return meta.description
    return None
