import re
from typing import get_args

import msgspec
import pytest

from libs.common import errors
from libs.common.http.api import ServiceAPI
from services.chat.api.app import api as chat_api
from services.chat.domain import closing
from services.chat.frames.client import AnyClientFrame
from services.chat.frames.server import AnyServerFrame
from services.chat.urls import urlpatterns as chat_urls
from services.presence.api.app import api as presence_api
from services.presence.urls import urlpatterns as presence_urls
from services.queue.api.app import api as queue_api
from services.queue.urls import urlpatterns as queue_urls
from services.receipts.api.app import api as receipts_api
from services.receipts.urls import urlpatterns as receipts_urls
from tests.unit.docs import pages

CLIENT_FRAMES = {str(frame.__struct_config__.tag): frame for frame in get_args(AnyClientFrame)}
SERVER_FRAMES = {str(frame.__struct_config__.tag): frame for frame in get_args(AnyServerFrame)}
BELOW_CHAT = {1001, 1007, 1009}
"""Close codes that the WebSocket server sends by itself."""
APIS = {"chat": chat_api, "presence": presence_api, "queue": queue_api, "receipts": receipts_api}
ANY_ID = re.compile(r"\{\w+\}")


def kinds_of(error: type[errors.ParleyError]) -> set[type[errors.ParleyError]]:
    return {error}.union(*(kinds_of(kind) for kind in error.__subclasses__()))


def codes(error: type[errors.ParleyError]) -> tuple[str, str, str]:
    return error.code, str(error.http_status), "yes" if error.retriable else "no"


def paths_of(service: str, api: ServiceAPI) -> set[str]:
    """Return what a service serves, as the table says it."""
    root = f"/api/{service}/"
    operations = {
        f"{method.upper()} {ANY_ID.sub('{}', path)}"
        for path, methods in api.get_openapi_schema(path_prefix=root)["paths"].items()
        for method in methods
    }
    return operations | {f"GET {root}docs", f"GET {root}openapi.json"}


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
        ANY_ID.sub("{}", word) for row in rows for word in pages.words(row["method and path"])
    }

    served = {"GET /healthz"}.union(*(paths_of(service, api) for service, api in APIS.items()))
    assert documented == served


@pytest.mark.parametrize(
    ("service", "urlpatterns", "beside"),
    [
        ("chat", chat_urls, {"healthz", "api/chat/admin/"}),
        ("presence", presence_urls, {"api/presence/admin/"}),
        ("queue", queue_urls, {"api/queue/admin/"}),
        ("receipts", receipts_urls, {"api/receipts/admin/"}),
    ],
)
def test_what_is_documented_beside_the_operations_is_served(service, urlpatterns, beside):
    served = {str(getattr(each, "pattern", "")) for each in urlpatterns}

    assert beside | {f"api/{service}/docs", f"api/{service}/"} <= served
    assert APIS[service].openapi_url == "/openapi.json"
