from typing import Any

import pytest

from libs.common.clock import ManualClock
from libs.common.errors import BadFrame
from libs.common.postgres import ConnectionLost
from services.chat.domain.drafts import Draft, Stored
from services.chat.writer.committer import Committer, judge
from services.chat.writer.waiting import WaitingLine
from tests.unit.chat.writer.fake_lane import FakeLane, SerializationFailure

ROOM, OTHER = "room", "other"


class Desk:
    """A committer with everything around it."""

    def __init__(self):
        self.lane: Any = FakeLane()
        self.line = WaitingLine()
        self.outcomes = {}
        self.news: list[Any] = []
        self.published = [1, 2]
        self.committer = Committer(
            self.line,
            clock=ManualClock(),
            on_written=self.news.append,
            take_published=self.take,
            put_back_published=self.published_again,
        )

    def take(self):
        taken, self.published = self.published, []
        return taken

    def published_again(self, rows):
        self.published = [*rows, *self.published]

    def join(self, room, content):
        def reply(outcome):
            assert content not in self.outcomes
            self.outcomes[content] = outcome

        self.line.join(Draft(room, "sender", content, content), reply, now_s=0.0)

    async def write(self, *, wait=False):
        batch = self.line.take_batch()
        await self.committer.write(self.lane, batch, wait=wait)

    def contents(self, room):
        return [draft.content for draft in self.lane.stored.get(room, [])]


@pytest.fixture
def desk():
    return Desk()


async def test_a_batch_is_written_in_order_and_announced_once(desk):
    for content in ("a", "b", "c"):
        desk.join(ROOM, content)

    await desk.write()

    assert desk.contents(ROOM) == ["a", "b", "c"]
    assert [desk.outcomes[c].seq for c in ("a", "b", "c")] == [1, 2, 3]
    assert [[d.content for d in run.drafts] for run in desk.news[0].runs] == [["a", "b", "c"]]
    assert (len(desk.news), len(desk.line), desk.published) == (1, 0, [])


async def test_one_that_cannot_be_stored_is_found_and_the_others_keep_their_order(desk):
    contents = [str(number) for number in range(20)]
    desk.lane.poison = {"0", "7", "8", "19"}
    for content in contents:
        desk.join(ROOM, content)

    await desk.write()

    assert desk.contents(ROOM) == [c for c in contents if c not in desk.lane.poison]
    assert {c for c, o in desk.outcomes.items() if isinstance(o, BadFrame)} == desk.lane.poison
    assert len(desk.line) == 0


async def test_a_locked_room_keeps_its_order_while_a_poison_message_is_sought(desk):
    desk.lane.locked = {ROOM}
    desk.lane.poison = {"poison"}
    for content in ("0", "1"):
        desk.join(ROOM, content)
    desk.join(OTHER, "poison")
    for content in ("2", "3"):
        desk.join(ROOM, content)

    await desk.write()
    desk.join(ROOM, "4")
    desk.lane.locked.clear()
    await desk.write()

    assert desk.contents(ROOM) == ["0", "1", "2", "3", "4"]


async def test_a_room_that_becomes_free_while_a_poison_message_is_sought_keeps_its_order(desk):
    desk.lane.locked = {ROOM}
    desk.lane.poison = {"poison"}
    desk.join(ROOM, "0")
    desk.join(OTHER, "1")
    desk.join(ROOM, "2")
    desk.join(OTHER, "poison")
    desk.lane.before = lambda call: desk.lane.locked.clear() if call == 3 else None

    await desk.write()
    while desk.line.ready or desk.line.locked:
        await desk.write()

    assert desk.contents(ROOM) == ["0", "2"]
    assert desk.contents(OTHER) == ["1"]


@pytest.mark.parametrize("error", [ConnectionLost("gone"), SerializationFailure()])
async def test_what_fails_in_the_second_half_is_put_back_once_and_in_order(desk, error):
    def fail_in_the_third_call(call):
        if call == 3:
            raise error

    desk.lane.locked = {ROOM}
    desk.lane.poison = {"poison"}
    desk.lane.before = fail_in_the_third_call
    for room, content in ((ROOM, "0"), (OTHER, "1"), (ROOM, "2"), (OTHER, "poison")):
        desk.join(room, content)
    batch = desk.line.take_batch()

    with pytest.raises(type(error)):
        await desk.committer.write(desk.lane, batch, wait=False)
    desk.line.put_back(batch)
    waiting = [each.draft.content for each in desk.line.everybody()]
    desk.lane.locked.clear()
    await desk.write()

    assert waiting == ["0", "2", "poison"]
    assert desk.contents(ROOM) == ["0", "2"]
    assert desk.outcomes["1"] == Stored(OTHER, 1, desk.outcomes["1"].created_at)


async def test_after_a_lost_connection_the_outcome_counts_as_unknown(desk):
    def lose(call):
        raise ConnectionLost("gone")

    desk.lane.before = lose
    desk.join(ROOM, "a")
    [waiting] = batch = desk.line.take_batch()

    with pytest.raises(ConnectionLost):
        await desk.committer.write(desk.lane, batch, wait=False)

    assert waiting.attempted
    assert desk.published == [1, 2]


async def test_after_a_refusal_it_is_known_that_nothing_was_written(desk):
    def refuse(call):
        raise SerializationFailure

    desk.lane.before = refuse
    desk.join(ROOM, "a")
    [waiting] = batch = desk.line.take_batch()

    with pytest.raises(SerializationFailure):
        await desk.committer.write(desk.lane, batch, wait=False)

    assert not waiting.attempted
    assert desk.published == [1, 2]


def test_an_error_that_is_nobodys_is_a_bug():
    assert judge(KeyError()).name == "BUG"
    assert judge(ValueError()).name == "DATA"
    assert judge(SerializationFailure()).name == "REPEAT"
