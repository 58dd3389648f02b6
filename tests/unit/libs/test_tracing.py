import asyncio
from uuid import uuid4

import pytest
from hypothesis import given, strategies as st

from libs.common import tracing
from libs.common.tracing import TraceContext

HEX = "0123456789abcdef"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED = TraceContext(TRACE, SPAN, sampled=True)


class FakeRecorder:
    """Remembers what began, and how it ended."""

    def __init__(self):
        self.spans = []

    def begin(self, name, *, parent, trace_id, links, kind, values):
        self.spans.append(FakeSpan(name, parent, trace_id, list(links), kind, values))
        return self.spans[-1]


class FakeSpan:
    def __init__(self, name, parent, trace_id, links, kind, values):
        self.name, self.parent, self.links = name, parent, links
        self.kind, self.values = kind, values
        self.context = TraceContext(trace_id, f"{id(self):016x}", sampled=True)
        self.endings = []

    def end(self, error):
        self.endings.append(error)


@pytest.fixture
def recorder():
    recorder = FakeRecorder()
    tracing.record_with(recorder)
    yield recorder
    tracing.record_with(None)


def digits(count):
    return st.text(HEX, min_size=count, max_size=count).filter(lambda text: set(text) != {"0"})


@given(digits(32), digits(16), st.booleans())
def test_what_is_told_is_read_again(trace_id, span_id, sampled):
    context = TraceContext(trace_id, span_id, sampled)

    assert tracing.parse(context.traceparent) == context


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_what_is_not_well_formed_is_as_if_it_were_not_there(header):
    assert tracing.parse(header) is None


def test_a_newer_version_is_read_as_far_as_it_is_known():
    assert tracing.parse(f"cc-{TRACE}-{SPAN}-09-what-will-be") == SAMPLED


def test_the_trace_of_a_message_has_the_digits_of_its_client_id():
    client_id = str(uuid4())

    assert tracing.of_message(client_id).trace_id == client_id.replace("-", "")
    assert tracing.parse(tracing.of_message("0" * 8 + "-0000-0000-0000-" + "0" * 12).traceparent)


def test_what_has_one_cause_is_its_child():
    span = tracing.begin("commit", [None, SAMPLED, SAMPLED])

    assert (span.context.trace_id, span.context.sampled) == (TRACE, True)
    assert span.context.span_id != SPAN


def test_what_has_several_causes_begins_a_trace_with_links_to_those_that_are_sampled(recorder):
    other = TraceContext("a" * 32, "b" * 16, sampled=True)
    silent = TraceContext("c" * 32, "d" * 16)

    span = tracing.begin("commit", [SAMPLED, silent, other], messages=3)

    (recorded,) = recorder.spans
    assert recorded.parent is None
    assert recorded.links == [SAMPLED, other]
    assert recorded.values == {"messages": 3}
    assert span.context.trace_id not in {TRACE, other.trace_id, silent.trace_id}


def test_links_are_bounded(recorder):
    causes = [TraceContext(f"{number:032x}", SPAN, sampled=True) for number in range(1, 300)]

    tracing.begin("commit", causes)

    assert len(recorder.spans[0].links) == tracing.MAX_LINKS


def test_what_nobody_samples_is_not_recorded(recorder):
    tracing.begin("commit", [TraceContext(TRACE, SPAN)])
    tracing.begin("commit", [TraceContext(TRACE, SPAN), TraceContext("a" * 32, SPAN)])

    assert not recorder.spans


@pytest.mark.parametrize(("ratio", "taken"), [(0.0, 0), (1.0, 200)])
def test_of_what_begins_here_a_part_is_recorded(recorder, ratio, taken):
    tracing.record_with(recorder, ratio=ratio)

    for _ in range(200):
        tracing.begin("tail")

    assert len(recorder.spans) == taken


@given(digits(32))
def test_every_process_says_the_same_of_a_trace(trace_id):
    tracing.record_with(FakeRecorder(), ratio=0.5)
    client_id = "-".join(
        (trace_id[:8], trace_id[8:12], trace_id[12:16], trace_id[16:20], trace_id[20:])
    )

    answers = {tracing.of_message(client_id).sampled for _ in range(3)}
    tracing.record_with(None)

    assert answers == {int(trace_id[18:], 16) < 0.5 * 16**14}


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
def test_of_messages_as_large_a_part_is_recorded_as_was_asked_for(recorder, ratio):
    tracing.record_with(recorder, ratio=ratio)

    taken = sum(tracing.of_message(str(uuid4())).sampled for _ in range(2_000))

    assert taken / 2_000 == pytest.approx(ratio, abs=0.06)


def test_a_span_is_current_inside_its_block_and_ends_once_with_what_was_raised(recorder):
    error, span = ValueError("bad"), tracing.begin("commit")

    def fail():
        with span:
            assert tracing.current() == span.context
            raise error

    with pytest.raises(ValueError, match="bad"):
        fail()
    span.end()

    assert tracing.current() is None
    assert recorder.spans[0].endings == [error]


async def test_blocks_that_run_at_once_do_not_see_each_other():
    async def look(context):
        with tracing.going_on(context):
            await asyncio.sleep(0)
            return tracing.current()

    contexts = [TraceContext(f"{number:032x}", SPAN) for number in range(1, 20)]

    assert await asyncio.gather(*map(look, contexts)) == contexts


def test_a_message_goes_on_in_the_trace_of_the_request_that_brought_it(recorder):
    with tracing.going_on(SAMPLED):
        brought = tracing.begin_message(str(uuid4()))
    alone = tracing.begin_message("0f6d2b7c-6a43-4f41-9a31-111111111111")

    assert brought is not None
    assert alone is not None
    assert (brought.context.trace_id, recorder.spans[0].parent) == (TRACE, SAMPLED)
    assert alone.context.trace_id == "0f6d2b7c6a434f419a31111111111111"
    assert recorder.spans[1].parent is None


def test_where_nobody_records_a_message_costs_no_span_but_keeps_the_trace_of_its_request():
    with tracing.going_on(SAMPLED):
        brought = tracing.begin_message(str(uuid4()))

    assert brought is not None
    assert brought.context == SAMPLED
    assert tracing.begin_message(str(uuid4())) is None


def test_a_request_chooses_no_trace_unless_callers_are_believed():
    header = SAMPLED.traceparent

    before = tracing.of_caller(header)
    tracing.believe_callers(believe=True)
    believed = tracing.of_caller(header)
    tracing.believe_callers(believe=False)

    assert (before, believed, tracing.of_caller(header)) == (None, SAMPLED, None)


def test_an_entry_that_carries_nonsense_has_no_trace():
    assert tracing.of_fields({tracing.FIELD: b"\xff\xfe"}) is None
    assert tracing.of_fields({}) is None
    assert tracing.of_fields({tracing.FIELD: SAMPLED.traceparent.encode()}) == SAMPLED
