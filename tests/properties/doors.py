"""What the two doors, WebSocket and HTTP, say of an error, and what they shall say."""

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from dev.settings import ROOT
from libs.common.http.problems import MEDIA_TYPE, problem_of
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
ROUNDED_S = 0.001
NOT_FOR_PEOPLE = re.compile(r"(?i)error|exception|select |psycopg|traceback|\d+\.\d+\.\d+|[{}<>\"]")


def through_both_doors(error: Exception) -> tuple[dict[str, Any], HttpResponse]:
    """Return the frame and the answer that an error becomes."""
    frame = msgspec.json.decode(msgspec.json.encode(error_frame(told(error), ref="r")))
    return frame, problem_of(REQUEST, error)


def check_frame(frame: dict[str, Any]) -> str:
    """Check what an ``error`` frame says; return its code."""
    assert frame["type"] == "error"
    _check_words(frame["message"])
    if frame["code"] in SAYS_WHEN:
        assert frame["retry_after"] > 0
    return str(frame["code"])


def check_problem(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """Check what an HTTP answer says of an error; return its code."""
    problem = msgspec.json.decode(body)
    assert headers["Content-Type"] == MEDIA_TYPE
    assert status == problem["status"] == STATUSES[problem["code"]]
    _check_words(problem["detail"])
    if problem["code"] in SAYS_WHEN:
        after_s = problem["retry_after"]  # rounded, as the header is not
        assert math.ceil(after_s) <= int(headers["Retry-After"]) <= math.ceil(after_s + ROUNDED_S)
    assert ("error_id" in problem) == (problem["code"] == "internal")
    assert SECRET not in body.decode()
    return str(problem["code"])


def check_answer(error: Exception) -> str:
    """Check what both doors say of an error; return its code."""
    frame, response = through_both_doors(error)
    problem = msgspec.json.decode(response.content)

    code = check_frame(frame)
    assert check_problem(response.status_code, response.headers, response.content) == code
    assert frame["message"] == problem["detail"]
    if code in SAYS_WHEN:
        assert problem["retry_after"] == pytest.approx(frame["retry_after"], abs=ROUNDED_S)
        assert int(response["Retry-After"]) == math.ceil(frame["retry_after"])
    return code


def _check_words(message: str) -> None:
    assert message.strip()
    assert not NOT_FOR_PEOPLE.search(message)
