"""One request of a conversation, and what its answer has to be."""

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.conformance.filling import fill
from tests.conformance.matching import Known, Mismatch, match, put
from tests.conformance.people import Person, Server
from tests.conformance.reading import Step

PROBLEM = r"<like application/problem\+json.*>"
BAD_REQUEST = 400
ASK_AGAIN_AFTER_S = 0.1


async def ask(
    server: Server,
    person: Person | None,
    step: Step,
    *,
    known: Callable[[], Known],
    within_s: float,
) -> Known:
    """Ask as the step says, until the answer is right where it says ``eventually``.

    Args:
        server: who is asked.
        person: who asks; None for nobody.
        step: what, and what the answer has to be.
        known: tells what is known; others who ask at the same time may add to it.
        within_s: how long ``eventually`` is.

    Raises:
        Mismatch: the answer is not what the step says.
    """
    deadline = time.monotonic() + within_s
    while True:
        answer = await _ask_once(server, person, step, known())
        try:
            return _judged(answer, step, known())
        except Mismatch:
            if not step.get("eventually") or time.monotonic() > deadline:
                raise
        await asyncio.sleep(ASK_AGAIN_AFTER_S)


async def _ask_once(
    server: Server, person: Person | None, step: Step, known: Known
) -> httpx.Response:
    (verb, request), *_ = next(iter(step.values())).items()
    method, path = request.split(" ", 1)
    headers: dict[str, str] = {}
    if person is not None and verb == "browses":
        headers = server.browser_headers(person, method, csrf=step.get("csrf", True))
    elif person is not None:
        headers["Authorization"] = f"Bearer {person.token}"
    headers |= fill(dict(step.get("headers", {})), known)
    answer = await server.ask(method, put(path, known), headers=headers, body=_body(step, known))
    if person is not None and verb == "browses":
        person.keep_cookies(answer)
    return answer


def _body(step: Step, known: Known) -> Mapping[str, Any]:
    if "json" in step:
        return {"json": fill(step["json"], known)}
    if "text" in step:
        return {"content": fill(step["text"], known).encode()}
    if "base64" in step:
        return {"content": base64.b64decode(step["base64"])}
    return {}


def _judged(answer: httpx.Response, step: Step, known: Known) -> Known:
    """Return what is known after an answer that is as the step says."""
    gets = step["gets"]
    if answer.status_code not in (gets if isinstance(gets, list) else [gets]):
        raise Mismatch("the status", gets, f"{answer.status_code} {answer.text}")
    known = match(step.get("header", {}), dict(answer.headers), known, "the headers")
    if answer.status_code >= BAD_REQUEST:
        known = match(_problem(answer, step), _json_of(answer), known, "the problem")
        known = match({"content-type": PROBLEM}, dict(answer.headers), known, "the headers")
    if "body" in step:
        known = match(step["body"], _json_of(answer), known, "the body")
    return known


def _problem(answer: httpx.Response, step: Step) -> dict[str, Any]:
    """Return what the problem document of an answer has to be."""
    problem = {"type": "<text>", "title": "<text>", "status": answer.status_code}
    more = {"detail": "<text>", "code": step.get("problem", "<text>")}
    errors = {"errors": step["errors"]} if "errors" in step else {}
    return {**problem, **more, **errors, **step.get("details", {})}


def _json_of(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise Mismatch("the body", "JSON", answer.text) from None
