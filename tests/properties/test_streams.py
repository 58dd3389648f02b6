"""What holds for every batch, every failure and every age on the streams."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from libs.common import events
from libs.common.events import UserRevoked
from libs.common.streams.entries import StreamId, pack
from libs.common.streams.trimming import Limits, trim_below
from libs.common.streams.verdicts import (
    CLAIM_AFTER_MS,
    MAX_FAILURES,
    Handled,
    Verdict,
    handle_bisecting,
    judge_pending,
)

items = st.lists(st.integers(0, 1000), unique=True, max_size=40)
ids = st.builds(StreamId, st.integers(0, 10**7), st.integers(0, 3))


class Outage(Exception):
    pass


class Handler:
    """Commits a batch, unless it holds poison or it is the call at which the outage begins."""

    def __init__(self, poison: set[int], calls_before_outage: int | None = None) -> None:
        self.poison = poison
        self.calls_left = calls_before_outage
        self.committed: list[int] = []

    async def __call__(self, batch: Sequence[int]) -> None:
        if self.calls_left is not None:
            if self.calls_left == 0:
                raise Outage
            self.calls_left -= 1
        if self.poison.intersection(batch):
            raise ValueError
        self.committed += batch


def handle(batch: list[int], handler: Handler) -> Handled[int]:
    return asyncio.run(
        handle_bisecting(batch, handler, is_outage=lambda error: isinstance(error, Outage))
    )


@given(batch=items, data=st.data())
def test_bisecting_handles_every_good_item_once_and_blames_every_bad_one(batch, data):
    poison = set(data.draw(st.lists(st.sampled_from(batch)))) if batch else set()
    handler = Handler(poison)

    result = handle(batch, handler)

    good = [item for item in batch if item not in poison]
    assert handler.committed == result.good == good
    assert [item for item, _ in result.bad] == [item for item in batch if item in poison]
    assert result.left == []
    assert result.blocked_by is None


@given(batch=items.filter(bool), calls=st.integers(0, 30), data=st.data())
def test_an_outage_loses_no_item_and_blames_none(batch, calls, data):
    poison = set(data.draw(st.lists(st.sampled_from(batch))))
    handler = Handler(poison, calls_before_outage=calls)

    result = handle(batch, handler)

    bad = [item for item, _ in result.bad]
    assert sorted([*result.good, *bad, *result.left]) == sorted(batch)
    assert handler.committed == result.good
    assert set(bad) <= poison
    assert bool(result.left) == isinstance(result.blocked_by, Outage)


@pytest.mark.promise(number=7)
@given(batch=items, data=st.data())
def test_retrying_until_burial_acknowledges_or_buries_every_entry_once(batch, data):
    poison = set(data.draw(st.lists(st.sampled_from(batch)))) if batch else set()
    handler = Handler(poison)
    failures = dict.fromkeys(batch, 0)
    pending, buried = list(batch), []

    for _ in range(MAX_FAILURES):
        result = handle(pending, handler)
        for item, _ in result.bad:
            failures[item] += 1
        verdicts = {
            item: judge_pending(idle_ms=CLAIM_AFTER_MS, failures=failures[item])
            for item, _ in result.bad
        }
        buried += [item for item, verdict in verdicts.items() if verdict is Verdict.BURY]
        pending = [item for item, verdict in verdicts.items() if verdict is Verdict.RETRY]

    assert pending == []
    assert set(buried) == poison
    assert sorted(handler.committed + buried) == sorted(batch)


@given(idle_ms=st.integers(0, 10**9), failures=st.integers(0, 100))
def test_nothing_is_buried_too_early_and_nothing_waits_for_ever(idle_ms, failures):
    verdict = judge_pending(idle_ms=idle_ms, failures=failures)

    assert (verdict is Verdict.WAIT) == (idle_ms < CLAIM_AFTER_MS)
    if verdict is Verdict.BURY:
        assert failures >= MAX_FAILURES


@given(
    names=st.lists(st.text(min_size=1, max_size=50), max_size=30),
    max_bytes=st.integers(1, 500),
)
def test_packing_keeps_every_event_in_order_and_the_limit_where_it_can(names, max_bytes):
    sent = [UserRevoked(user=name) for name in names]

    packed = list(pack(sent, max_bytes=max_bytes))

    unpacked = [events.decode(part) for part in packed]
    assert [event for entry in unpacked for event in entry] == sent
    assert all(unpacked)
    for part, entry in zip(packed, unpacked, strict=True):
        assert len(entry) == 1 or len(part) <= max_bytes + 2  # the brackets


@given(
    now_ms=st.integers(0, 10**7),
    done_below=st.lists(ids, max_size=4),
    keep_ms=st.integers(0, 10**5),
    longer_ms=st.integers(0, 10**6),
)
def test_trimming_takes_nothing_that_is_young_or_unacknowledged_below_the_hard_limit(
    now_ms, done_below, keep_ms, longer_ms
):
    limits = Limits(keep_ms=keep_ms, hard_ms=keep_ms + longer_ms)

    below = trim_below(now_ms=now_ms, done_below=done_below, limits=limits)

    assert below.ms <= max(0, now_ms - limits.keep_ms)
    if below.ms > max(0, now_ms - limits.hard_ms):
        assert all(below <= position for position in done_below)
    assert below >= StreamId(max(0, now_ms - limits.hard_ms))
