"""The pages that are made from the code name all of it."""

import re
from typing import get_args

import pytest

from clients.python import parley
from dev.docs import codes_page, docstrings, events_page, frames_page, openapi_pages, python_page
from dev.docs.constants import documented
from libs.common.events import AnyEvent
from services.chat.domain import closing
from services.chat.frames.client import AnyClientFrame
from services.chat.frames.server import AnyServerFrame
from tests.unit.docs import pages


def headings(text, level):
    return re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)


def tags(union):
    return [str(shape.__struct_config__.tag) for shape in get_args(union)]


def test_every_frame_has_its_place_and_an_example():
    text = frames_page.page()

    found = [heading for heading in headings(text, 3) if " of the " in heading]

    assert found == [
        *(f"`{tag}` of the client" for tag in tags(AnyClientFrame)),
        *(f"`{tag}` of the server" for tag in tags(AnyServerFrame)),
    ]
    assert text.count("```json") == len(found)
    assert "| `content` | a string of 1 to 4096 characters |  |" in text


def test_every_event_has_its_place_and_arrays_have_names():
    text = events_page.page()

    assert [f"`{tag}`" for tag in tags(AnyEvent)] == headings(text.split("## What they hold")[0], 3)
    _, receipt = text.split("### Receipt\n")
    assert "| `at_ms` | integer |  |" in receipt
    assert "| `is_private` | boolean | yes: `false` |" in receipt


@pytest.mark.parametrize("service", pages.SERVICES)
def test_every_operation_of_a_service_has_its_place(service):
    served = {
        f"`{method.upper()} {path}`"
        for path, methods in openapi_pages.document(service)["paths"].items()
        for method in methods
    }

    text = openapi_pages.page(service)

    assert served
    assert served == {heading for heading in headings(text, 3) if heading.startswith("`")}


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(openapi_pages.page(service), id=service) for service in pages.SERVICES),
        pytest.param(frames_page.page(), id="frames"),
        pytest.param(events_page.page(), id="events"),
    ],
)
def test_a_reference_to_a_shape_leads_to_its_label(text):
    labels = re.findall(r"^\((.+)\)=$", text, re.MULTILINE)
    asked = set(re.findall(r"\]\(#([^)]+)\)", text))

    assert asked
    assert asked <= set(labels)
    assert len(labels) == len({*labels})


def test_a_service_has_the_shapes_of_its_own_operations_only():
    shapes = {
        service: openapi_pages.document(service)["components"]["schemas"].keys()
        for service in pages.SERVICES
    }

    assert {"RoomPage", "RoomEntry", "Lowest", "Problem"} <= shapes["chat"]
    assert "Problem" in shapes["presence"]
    assert not shapes["presence"] & {"RoomPage", "DeadLetters"}


def test_every_code_stands_in_its_table():
    text = codes_page.page()

    errors = {row.first for row in pages.rows("protocol.md", "Error codes")}
    assert errors == set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    for name, code, meaning in documented(closing):
        assert f"| {code} | `{name}` | {meaning} |" in text


def test_everything_that_the_client_exports_has_its_place():
    found = headings(python_page.page(), 3)

    assert sorted(found) == sorted(f"`{name}`" for name in [*parley.__all__, "Api"])


def test_what_is_given_by_name_stands_behind_the_star():
    text = python_page.page()

    assert "    content: str,\n    *,\n    reply_to: int | None = None,\n" in text
    assert "    open_socket: Callable[..., Awaitable[Socket]] = …,\n" in text
    assert "self" not in re.findall(r"[(,]\s*(\w+)", text)


def test_a_docstring_becomes_lists():
    text = """Do it.

    Args:
        room: its id, which
            is opaque.

    Raises:
        Timeout: nobody knows.

    More words.
    """

    assert docstrings.prose(text) == (
        "Do it.\n\n**Args**\n\n* `room`: its id, which\n  is opaque.\n\n"
        "**Raises**\n\n* `Timeout`: nobody knows.\n\nMore words."
    )
