"""Spans of real processes at a real collector: one trace, through three services and back."""

import uuid

import pytest

from dev.harness import RunningSuite
from libs.common import tracing
from tests.integration.chat.world import PROCESSES, running_world
from tests.integration.collector import running_collector
from tests.integration.waiting import until

pytestmark = pytest.mark.timeout(240)  # its suites have to start first
SECRET = "what nobody but the two may read"


@pytest.fixture(scope="module")
def collector():
    with running_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def traced(tmp_path_factory, collector):
    """A suite of its own: every trace is recorded."""
    with running_world(
        tmp_path_factory.mktemp("traced") / "run",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_TRACES_SAMPLER_ARG="1",
        OTEL_BSP_SCHEDULE_DELAY="100",
    ) as world:
        yield world


def road(spans):
    return {(each.service, each.name) for each in spans}


def named(name, spans):
    return [each for each in spans if each.name == name]


async def test_one_trace_leads_from_a_message_to_whoever_gets_it(traced, collector):
    ann, bob = traced.people(2)
    room, client_id = traced.room(ann, bob), str(uuid.uuid4())
    trace_id = client_id.replace("-", "")
    wanted = {
        ("parley-chat", "message"),
        ("parley-chat", "commit"),
        ("parley-chat", "publish chat.events"),
        ("parley-chat", "tail chat.events"),
        ("parley-receipts", "receipts handles chat.events"),
    }

    def all_came():
        spans = collector.spans(trace_id)
        return wanted <= road(spans) and len(named("tail chat.events", spans)) == PROCESSES

    async with traced.clients([ann, bob]) as (hers, his):
        await hers.say(room, SECRET, client_id=client_id)
        await his.until_seqs(room, 1)
        # Both processes of chat hand it to their sockets; each tells of its spans when it is time.
        await until(all_came, what=f"spans of {trace_id}")

    spans = collector.spans(trace_id)
    by_id = {each.context.span_id: each for each in spans}
    roots = [each for each in spans if not each.parent]
    assert [each.name for each in roots] == ["message"]
    assert all(each.parent in by_id for each in spans if each.parent)
    assert all(each.began_ns <= each.ended_ns for each in spans)
    assert not [each for each in collector.spans() if SECRET in each.text]


async def test_a_request_takes_its_own_trace_with_it(traced, collector):
    ann, bob = traced.people(2)
    room = traced.room(ann, bob)
    caller = tracing.begin("of the caller's own").context._replace(sampled=True)
    body = {"client_id": str(uuid.uuid4()), "content": SECRET}
    async with traced.http(ann) as http:
        headers = {tracing.HEADER: caller.traceparent}
        sent = await http.post(f"/rooms/{room}/messages", json=body, headers=headers)
        assert sent.status_code == 201
        await until(
            lambda: ("parley-chat", "message") in road(collector.spans(caller.trace_id)),
            what="the span of the message",
        )

    (message,) = (each for each in collector.spans(caller.trace_id) if each.name == "message")
    assert message.parent == caller.span_id


async def test_messages_that_share_a_transaction_are_linked_to_it(traced, collector):
    ann, bob = traced.people(2)
    room = traced.room(ann, bob)
    ids = [str(uuid.uuid4()) for _ in range(60)]
    traces = {each.replace("-", "") for each in ids}

    def shared():
        return [
            each
            for each in collector.spans()
            if each.name == "commit" and len(traces & {trace for trace, _ in each.links}) > 1
        ]

    async with traced.client(ann) as hers:
        for client_id in ids:
            await hers.socket.send(
                {"type": "message", "room": room, "client_id": client_id, "content": "one of many"}
            )
        await until(shared, what="a transaction of several messages")

    assert all(each.context.trace_id not in traces and not each.parent for each in shared())


def test_who_names_a_collector_and_has_no_packages_is_told_so(tmp_path):
    hidden = tmp_path / "hidden" / "opentelemetry"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError(name='opentelemetry')")

    with pytest.raises(RuntimeError, match="opentelemetry is not installed"):
        RunningSuite.start(
            tmp_path / "run",
            env={
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
                "PYTHONPATH": str(hidden.parent),
            },
        )
