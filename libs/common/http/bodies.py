"""Bodies and queries become values here, and values become answers.

Both are msgspec structs, read strictly: no NaN, no half characters, no ``true`` for 1. The OpenAPI
document is made from the same structs (``documented``), so it cannot say something else.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse

from libs.common.errors import BadFrame, BadJson, TooLarge
from libs.common.http.problems import MEDIA_TYPE, Problem
from libs.common.shapes import wrong_members

BODY_BYTES = 64 * 1024
"""Longest body of a request, as long as a frame."""
NUMBER_DIGITS = 16
"""Longest number in a query: as many digits as the largest seq has."""
SCHEMA_REF = "#/components/schemas/{name}"

ShapeT = TypeVar("ShapeT", bound=msgspec.Struct)


class Binary(msgspec.Struct, frozen=True):
    """What a body is that is no JSON: bytes of one of these media types."""

    media_types: tuple[str, ...]


Described = type[msgspec.Struct] | Binary
"""What ``documented`` may be told of a body or an answer."""
_encoder = msgspec.json.Encoder()


def read_body(request: HttpRequest, shape: type[ShapeT]) -> ShapeT:
    """Read the JSON body of a request; an empty one is an object without members.

    Raises:
        TooLarge: it is over ``BODY_BYTES``.
        BadJson: it is no JSON.
        BadFrame: it is not one object, or its members are not those of ``shape``.
    """
    if len(request.body) > BODY_BYTES:
        raise TooLarge
    return read_json(request.body, shape)


def read_json(text: bytes, shape: type[ShapeT]) -> ShapeT:
    """Read ``shape`` from JSON; see ``read_body``.

    Bytes are made text first: in members that it ignores msgspec would not notice bad UTF-8.
    """
    try:
        return msgspec.json.decode(text.decode() or "{}", type=shape)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        value = msgspec.json.decode(text.decode() or "{}")
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise BadJson from None
    if not isinstance(value, dict):
        raise BadFrame("The body has to be a JSON object.")
    raise BadFrame(fields=wrong_members(shape, value))


def read_query(request: HttpRequest, shape: type[ShapeT]) -> ShapeT:
    """Read the query of a request; of a parameter that comes twice the last counts.

    All members of ``shape`` have defaults. Parameters that it does not name are ignored.

    Raises:
        BadFrame: a parameter is wrong, or missing.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for field in msgspec.structs.fields(shape):
        text = request.GET.get(field.name)
        if text is None:
            if field.required:
                wrong[field.name] = ["This parameter is required."]
            continue
        try:
            values[field.name] = _parameter(text, field.type)
        except msgspec.ValidationError as error:
            wrong[field.name] = [str(error)]
    if wrong:
        raise BadFrame(fields=wrong)
    return shape(**values)


def answer(value: object, *, status: int = 200) -> HttpResponse:
    """Answer with a value as JSON."""
    response = HttpResponse(_encoder.encode(value), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def no_content() -> HttpResponse:
    """Answer that it is done, with nothing to say."""
    response = HttpResponse(status=204)
    response["Cache-Control"] = "no-store"
    return response


def documented(
    *,
    body: Described | None = None,
    query: type[msgspec.Struct] | None = None,
    answers: Mapping[int, Described | None],
) -> dict[str, Any]:
    """Describe an operation in the OpenAPI document, as arguments of a route's decorator.

    Args:
        body: shape of the body.
        query: shape of the query.
        answers: shape by status; None for an answer without a body.
    """
    extra: dict[str, Any] = {
        "responses": {
            status: _content("application/json", shape)
            for status, shape in answers.items()
            if shape is not None
        }
    }
    extra["responses"]["default"] = {"description": "An error"} | _content(MEDIA_TYPE, Problem)
    if body is not None:
        required = isinstance(body, Binary) or any(
            field.required for field in msgspec.structs.fields(body)
        )
        extra["requestBody"] = {"required": required} | _content("application/json", body)
    if query is not None:
        extra["parameters"] = _parameters(query)
    SHAPES.update(shape for shape in (body, *answers.values()) if isinstance(shape, type))
    return {"response": dict.fromkeys(answers), "openapi_extra": extra}


SHAPES: set[type[msgspec.Struct]] = {Problem}
"""Every shape that ``documented`` was told of: the schemas of the OpenAPI document.

A process serves one API. Where tests load several into one process their shapes stand here
together, so shapes of different services have different names.
"""


def schemas() -> dict[str, Any]:
    """Return the JSON Schemas of all documented shapes, by name."""
    shapes = sorted(SHAPES, key=lambda shape: shape.__name__)
    return msgspec.json.schema_components(shapes, ref_template=SCHEMA_REF)[1]


def _content(media_type: str, shape: Described) -> dict[str, Any]:
    if isinstance(shape, Binary):
        some_bytes = {"schema": {"type": "string", "format": "binary"}}
        return {"content": dict.fromkeys(shape.media_types, some_bytes)}
    reference = SCHEMA_REF.format(name=shape.__name__)
    return {"content": {media_type: {"schema": {"$ref": reference}}}}


def _parameters(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    [_], components = msgspec.json.schema_components([query], ref_template=SCHEMA_REF)
    described = components[query.__name__]
    return [
        {
            "in": "query",
            "name": name,
            "required": name in described.get("required", ()),
            "schema": schema,
        }
        for name, schema in described["properties"].items()
    ]


def _parameter(text: str, kind: Any) -> Any:
    """Convert a parameter: to a number only where it is written in plain digits."""
    try:
        return msgspec.convert(text, kind)
    except msgspec.ValidationError:
        if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS):
            raise
    return msgspec.convert(int(text), kind)
