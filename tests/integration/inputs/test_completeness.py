"""The corpus leaves nothing out: no error that a client can cause, no operation of any service."""

import re

from dev.services import SERVICES
from libs.common.errors import ParleyError
from services.chat.frames import client
from tests.integration.inputs import corpus

OURS = {"internal", "unavailable", "timeout", "rate_limited"}
"""Errors that no bad input causes; limits have tests of their own."""
HARMLESS = {"healthz", "statuses"}
"""Operations that read nothing of a request."""


def all_cases(door):
    return [case for file in corpus.FILES for case in corpus.cases(file, door)]


def codes(door):
    return {word for case in all_cases(door) for word in case.answer.split()}


def test_every_error_that_a_client_can_cause_is_caused():
    known = {error.code for error in ParleyError.__subclasses__()} - OURS

    assert known <= codes("frames") | codes("requests")


def test_every_error_is_caused_through_both_doors_where_both_have_it():
    only_http = {"unauthenticated", "csrf_failed", "not_found"}
    only_socket = {"unsupported_type"}
    known = {error.code for error in ParleyError.__subclasses__()} - OURS

    assert known - only_http <= codes("frames")
    assert known - only_socket <= codes("requests")


def test_every_type_of_frame_is_tried():
    tried = {
        found for case in all_cases("frames") for found in re.findall('"type":"(.*?)"', case.sent)
    }

    assert {str(each) for each in client._types} <= tried


async def test_every_operation_of_every_service_is_tried(world):
    tried = [case.sent.split(" ")[:2] for case in all_cases("requests")]
    missing = []

    async with world.http(None) as http:
        for service in SERVICES:
            answer = await http.get(f"{world.url}/api/{service.name}/openapi.json")
            for path, methods in answer.json()["paths"].items():
                pattern = re.compile(re.sub(r"{\w+}", r"[^/?]+", path) + r"(\?.*)?")
                for method, operation in methods.items():
                    if operation["operationId"] not in HARMLESS and not any(
                        how == method.upper() and pattern.fullmatch(where) for how, where in tried
                    ):
                        missing.append((method, path))

    assert missing == []
