import re
from typing import get_args

import msgspec
import pytest

from libs.common import errors
from services.chat.api.app import api
from services.chat.domain import closing
from services.chat.frames.client import AnyClientFrame
from services.chat.frames.server import AnyServerFrame
from services.chat.urls import urlpatterns
from tests.unit.docs import pages

CLIENT_FRAMES = {str(frame.__struct_config__.tag): frame for frame in get_args(AnyClientFrame)}
SERVER_FRAMES = {str(frame.__struct_config__.tag): frame for frame in get_args(AnyServerFrame)}
BELOW_CHAT = {1001, 1007, 1009}
"""Close codes that the WebSocket server sends by itself."""
ANY_ID = re.compile(r"\{\w+\}")


def kinds_of(error: type[errors.ParleyError]) -> set[type[errors.ParleyError]]:
    return {error}.union(*(kinds_of(kind) for kind in error.__subclasses__()))


def codes(error: type[errors.ParleyError]) -> tuple[str, str, str]:
    return error.code, str(error.http_status), "yes" if error.retriable else "no"


def test_every_error_code_is_documented_and_every_documented_one_exists():
    rows = pages.rows("protocol.md", "Error codes")

    documented = [(row.first, row["HTTP"], row["retry"]) for row in rows]

    ours = {kind for kind in kinds_of(errors.ParleyError) if kind.__module__ == errors.__name__}
    assert sorted(documented) == sorted({codes(kind) for kind in ours})


def test_every_close_code_is_documented_and_every_documented_one_exists():
    rows = pages.rows("protocol.md", "Close codes")

    documented = {(int(row.first), row["sent by"]) for row in rows}

    ours = {value for name, value in vars(closing).items() if name.isupper()}
    assert documented == {(code, "chat") for code in ours} | {
        (code, "server") for code in BELOW_CHAT
    }


@pytest.mark.parametrize(
    ("heading", "frames"), [("Client frames", CLIENT_FRAMES), ("Server frames", SERVER_FRAMES)]
)
def test_every_frame_is_documented_with_its_members(heading, frames):
    documented = {
        row.first: set(pages.words(row["members"])) for row in pages.rows("protocol.md", heading)
    }

    assert documented.keys() == frames.keys()
    for name, frame in frames.items():
        members = {field.encode_name for field in msgspec.structs.fields(frame)}
        if heading == "Client frames":
            members -= {"ref"}
        assert members <= documented[name], name


def test_every_path_is_documented_and_every_documented_one_is_served():
    rows = pages.rows("protocol.md", "HTTP")

    documented = {
        ANY_ID.sub("{}", word)
        for row in rows
        if row["state"] == pages.HERE
        for word in pages.words(row["method and path"])
    }

    document = api.get_openapi_schema(path_prefix="/api/chat/")
    operations = {
        f"{method.upper()} {ANY_ID.sub('{}', path)}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    beside = {"GET /healthz", "GET /api/chat/docs", "GET /api/chat/openapi.json"}
    assert documented == operations | beside
    assert {"healthz", "api/chat/docs"} <= {
        str(getattr(each, "pattern", "")) for each in urlpatterns
    }
    assert api.openapi_url == "/openapi.json"
