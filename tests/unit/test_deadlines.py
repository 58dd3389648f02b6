"""Deadlines nest: whoever waits outside is there to hear what became of what is inside."""

import re
from itertools import pairwise

import pytest

from clients.python.parley import traffic
from dev.settings import ROOT
from libs.common import database, postgres, redis_clients
from libs.common.outbox import relay
from libs.common.streams import publisher
from services.chat.writer import lane, writer
from services.receipts.actions.fold import folder as fold


def web_client_s() -> float:
    """Return how long the web client waits for an ``ack``."""
    source = (ROOT / "clients/web/sdk/src/outbox.ts").read_text()
    (found,) = re.findall(r"const ACK_WITHIN_MS = ([\d_]+);", source)
    return int(found) / 1000


CLIENTS_S = traffic.ANSWER_WITHIN_S
ANSWERED_S = writer.DEADLINE_S + writer.LOOK_FOR_LATE_S

NESTED = {
    "request": (
        CLIENTS_S,
        database.REQUEST_DEADLINE_S,
        database.STATEMENT_TIMEOUT_MS / 1000,
        database.LOCK_TIMEOUT_MS / 1000,
    ),
    "request, connecting": (CLIENTS_S, database.REQUEST_DEADLINE_S, database.CONNECT_TIMEOUT_S),
    "message": (
        CLIENTS_S,
        ANSWERED_S,
        writer.DEADLINE_S,
        lane.SILENCE_TIMEOUT_S,
        lane.STATEMENT_TIMEOUT_MS / 1000,
        lane.LOCK_TIMEOUT_MS / 1000,
        writer.LOCKED_AFTER_S,
    ),
    "message of a locked room": (writer.DEADLINE_S, writer.GIVE_UP_LOCKED_S),
    "message, connecting": (writer.DEADLINE_S, postgres.CONNECT_TIMEOUT_S, postgres.RESET_AFTER_S),
    "claims": (
        fold.SILENCE_TIMEOUT_S,
        fold.STATEMENT_TIMEOUT_MS / 1000,
        fold.LOCK_TIMEOUT_MS / 1000,
    ),
    "news": (
        database.STATEMENT_TIMEOUT_MS / 1000,
        relay.PUBLISH_WITHIN_S,
        publisher.PUBLISH_WITHIN_S,
        redis_clients.HOT_TIMEOUT_S,
    ),
    "transaction": (
        database.IDLE_IN_TRANSACTION_TIMEOUT_MS / 1000,
        database.REQUEST_DEADLINE_S,
        relay.PUBLISH_WITHIN_S,
    ),
}
"""What waits for what, the outermost first, in seconds."""


@pytest.mark.parametrize("deadlines_s", NESTED.values(), ids=NESTED)
def test_each_deadline_is_longer_than_the_one_inside_it(deadlines_s):
    assert [outer > inner for outer, inner in pairwise(deadlines_s)] == [True] * (
        len(deadlines_s) - 1
    )


def test_both_clients_are_equally_patient():
    assert web_client_s() == CLIENTS_S


def test_the_outermost_ones_are_those_of_the_documents():
    page = (ROOT / "docs/limits.md").read_text()
    sentence = " ".join(page.partition("## Deadlines nest")[2].partition("##")[0].split())

    told = [float(found) for found in re.findall(r"after (\d+(?:\.\d+)?) s\b", sentence)]

    assert told == list(NESTED["request"])
