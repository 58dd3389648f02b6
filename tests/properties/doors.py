"""What the two doors, WebSocket and HTTP, say of an error, and what they shall say."""

import math
import re
from typing import Any

import msgspec
import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from dev.settings import ROOT
from libs.common.http.problems import problem_of
from services.chat.consumers.bugs import told
from services.chat.frames.server import error_frame
from tests.properties.moody_postgres import SECRET

REQUEST = RequestFactory().get("/api/chat/rooms")
STATUSES = {
    found[1]: int(found[2])
    for found in re.finditer(
        r"^\| `(\w+)` \| (\d{3}) \|", (ROOT / "docs/protocol.md").read_text(), re.MULTILINE
    )
}
"""By code, as the table of the documents has it."""
SAYS_WHEN = {"unavailable", "rate_limited"}
NOT_FOR_PEOPLE = re.compile(r"(?i)error|exception|select |psycopg|traceback|\d+\.\d+\.\d+|[{}<>\"]")


def through_both_doors(error: Exception) -> tuple[dict[str, Any], HttpResponse]:
    """Return the frame and the answer that an error becomes."""
    frame = msgspec.json.decode(msgspec.json.encode(error_frame(told(error), ref="r")))
    return frame, problem_of(REQUEST, error)


def check_answer(error: Exception) -> str:
    """Check what both doors say of an error; return its code."""
    frame, response = through_both_doors(error)
    problem = msgspec.json.decode(response.content)

    assert frame["code"] == problem["code"]
    assert response.status_code == problem["status"] == STATUSES[frame["code"]]
    assert frame["message"] == problem["detail"]
    if frame["code"] in SAYS_WHEN:
        assert frame["retry_after"] > 0
        assert problem["retry_after"] == pytest.approx(frame["retry_after"], abs=0.001)
        assert int(response["Retry-After"]) == math.ceil(frame["retry_after"])
    assert ("error_id" in problem) == (frame["code"] == "internal")
    assert SECRET not in response.content.decode()
    assert frame["message"].strip()
    assert not NOT_FOR_PEOPLE.search(frame["message"])
    return str(frame["code"])
