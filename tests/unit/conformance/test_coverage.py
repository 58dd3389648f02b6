"""Nothing on docs/protocol.md is left out: each frame, code and path is in some conversation."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance import acting
from tests.conformance.reading import Behaviour, behaviours
from tests.conformance.server import playing
from tests.conformance.server.running import scenarios
from tests.unit.docs import pages

OF_OUTAGES = {"internal", "unavailable", "timeout"}
CLOSES_OF_OUTAGES = {"1001", "1012", "4008", "4029", "4503"}
FRAMES_OF_OUTAGES = {"reconnect", "failed", "custom"}
"""What no client can bring about: a server says it that is restarted, overloaded, or told to.

So it is in the scenarios that are played to clients.
"""
HEARD = {"hears", "hears_later", "has_not_heard"}
ANY_ID = re.compile(r"\{\w+\}|\$\w+|(?<=/)\d+(?=/|$)")


def steps_of(steps: Any) -> Iterator[dict[str, Any]]:
    """Yield steps, and those inside them."""
    for step in steps:
        yield step
        yield from steps_of(step.get("at_once", ()))
        yield from steps_of(step.get("steps", ()))


def deeds(behaviour: Behaviour) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield (verb, value, step) of a behaviour."""
    for step in steps_of(behaviour.steps):
        for done in step.values():
            if isinstance(done, dict) and len(done) == 1:
                ((verb, value),) = done.items()
                yield verb, value, step


ALL = [deed for behaviour in behaviours() for deed in deeds(behaviour)]
PLAYED = [deed for scenario in scenarios() for deed in deeds(scenario)]


def documented(heading: str) -> set[str]:
    return {row.first for row in pages.rows("protocol.md", heading)}


def bare(path: str) -> str:
    return ANY_ID.sub("{}", path.partition("?")[0])


def test_every_client_frame_is_sent():
    sent = {value.get("type") for verb, value, _ in ALL if verb == "sends"}

    assert documented("Client frames") <= sent


def test_every_server_frame_is_heard_but_those_of_outages():
    heard = {value["type"] for verb, value, _ in ALL if verb in HEARD} | {"welcome"}

    assert heard == documented("Server frames") - FRAMES_OF_OUTAGES


def test_every_error_code_is_provoked_but_those_of_outages():
    over_sockets = {value.get("code") for verb, value, _ in ALL if verb in HEARD}
    over_http = {step.get("problem") for _, _, step in ALL}

    assert documented("Error codes") - OF_OUTAGES <= over_sockets | over_http


def test_every_close_code_is_seen_but_those_of_outages():
    seen = {str(value) for verb, value, _ in ALL if verb == "is_closed"}
    at_once = {str(step["closed"]) for _, _, step in ALL if "closed" in step}

    assert documented("Close codes") - CLOSES_OF_OUTAGES == seen | at_once


def test_what_only_outages_bring_about_is_played_to_clients():
    said = [value for verb, value, _ in PLAYED if verb in {"says", "refuses"}]
    closed = {str(value) for verb, value, _ in PLAYED if verb == "closes"}

    assert {frame.get("type") for frame in said} >= FRAMES_OF_OUTAGES
    assert {frame.get("code") for frame in said} >= OF_OUTAGES
    assert closed >= CLOSES_OF_OUTAGES


@pytest.mark.parametrize("row", documented("HTTP"))
def test_every_path_is_asked(row):
    asked = {bare(value) for verb, value, _ in ALL if verb in {"asks", "browses"}}

    assert {bare(path.strip()) for path in row.split(",")} <= {*asked, ""}


def test_every_path_that_is_asked_is_documented():
    rows = documented("HTTP")
    known = {bare(path.strip()) for row in rows for path in row.split(",")}

    asked = {bare(value) for verb, value, _ in ALL if verb in {"asks", "browses"}}

    assert {path for path in asked - known if not path.endswith("/nothing")} == set()


def test_every_word_of_the_data_is_described():
    page = (pages.ROOT / "tests" / "conformance" / "README.md").read_text()
    of_server, of_client = page.split("\n## A client\n")
    described = re.compile(r"`(?:server\.|client\.)?(\w+)")

    assert acting.DOES.keys() <= set(described.findall(of_server))
    assert playing.DOES.keys() <= set(described.findall(of_client))


def test_every_behaviour_has_a_name_of_its_own():
    names = [str(behaviour) for behaviour in [*behaviours(), *scenarios()]]

    assert len(names) == len(set(names))
