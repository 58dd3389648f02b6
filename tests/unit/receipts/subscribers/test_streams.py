"""What becomes of the news of chat on their way to the fold."""

import msgspec
import pytest

from libs.common.events import (
    MessageCreated,
    MessageFrame,
    Receipt,
    ReceiptsReported,
    RoomChanged,
    RoomMember,
    RoomSnapshot,
    UserRevoked,
)
from libs.common.streams.entries import Entry, StreamId
from services.receipts.actions.fold import Own
from services.receipts.domain.watermarks import Claim
from services.receipts.store import CHAT_EVENTS, CHAT_RECEIPTS, CHAT_ROOMS
from services.receipts.subscribers import handlers

STRANGE = UserRevoked(user="ann")
"""An event that belongs on none of the streams."""


class FakeFolder:
    """Keeps what it is given, in order; fails at what it is told to."""

    def __init__(self):
        self.news = []
        self.memberships = []
        self.calls = []
        self.fails = None

    async def fold(self, news):
        self.calls.append("fold")
        if self.fails is not None:
            raise self.fails
        self.news.append(news)

    async def set_members(self, memberships):
        self.calls.append("set_members")
        self.memberships += memberships


@pytest.fixture
def folder():
    return FakeFolder()


def entries(*each):
    """Pack events, each list into an entry."""
    return [Entry(StreamId(number), events) for number, events in enumerate(each, start=1)]


def created(room, *written):
    """Return a message of each (seq, sender, session), and whether that is private."""
    frames = [
        MessageFrame(
            seq=seq, sender=sender, session=session, frame=msgspec.Raw(b"{}"), is_private=any(more)
        )
        for seq, sender, session, *more in written
    ]
    return MessageCreated(
        room=room,
        first_seq=frames[0].seq,
        last_seq=frames[-1].seq,
        room_version=1,
        frames=frames,
    )


def member(user, *, joined=0, delivered=0, read=0, shown=None):
    return RoomMember(
        user=user,
        role="member",
        joined_seq=joined,
        delivered_seq=delivered,
        read_seq=read,
        shown_read_seq=shown,
    )


def changed(room, version, *members, head=0):
    return RoomChanged(room=room, version=version, last_seq=head, members=list(members))


def snapshot(room, version, *members, head=0, own_seqs=None, private=()):
    return RoomSnapshot(
        room=room,
        version=version,
        last_seq=head,
        members=list(members),
        own_seqs=own_seqs or {},
        private_readers=list(private),
    )


def claim(delivered, read=0, shown=None, at_ms=None, session=None):
    return Claim(
        delivered_seq=delivered,
        read_seq=read,
        shown_read_seq=read if shown is None else shown,
        at_ms=at_ms,
        session=session,
    )


async def test_every_receipt_of_every_entry_is_claimed(folder):
    one = Receipt("room", "ann", 5, 3, 1_000, "phone")
    other = Receipt("room", "bob", 7, 7, 2_000, None)
    late = Receipt("hall", "ann", 1, 0, 3_000, "phone")
    batch = entries(
        [ReceiptsReported(receipts=[one, other]), STRANGE], [ReceiptsReported(receipts=[late])]
    )

    await handlers(folder)[CHAT_RECEIPTS](batch)

    (news,) = folder.news
    assert news.claims == [
        (("room", "ann"), claim(5, 3, at_ms=1_000, session="phone")),
        (("room", "bob"), claim(7, 7, at_ms=2_000)),
        (("hall", "ann"), claim(1, at_ms=3_000, session="phone")),
    ]


@pytest.mark.parametrize(
    ("receipt", "wanted"),
    [
        (Receipt("room", "ann", 5, 4, 1, is_private=True), claim(5, 4, shown=0, at_ms=1)),
        (Receipt("room", "ann", 0, 4, 1), claim(4, 4, at_ms=1)),
        (Receipt("room", "ann", 5, -4, 1), claim(5, 0, at_ms=1)),
        (Receipt("room", "ann", -5, -4, 1), claim(0, 0, at_ms=1)),
    ],
    ids=["private", "read implies delivered", "negative read", "negative"],
)
async def test_a_claim_is_in_order_whatever_is_reported(folder, receipt, wanted):
    await handlers(folder)[CHAT_RECEIPTS](entries([ReceiptsReported(receipts=[receipt])]))

    assert folder.news[0].claims == [(("room", "ann"), wanted)]


async def test_messages_raise_heads_and_are_their_authors_own(folder):
    batch = entries(
        [created("room", (4, "ann", "phone"), (5, "bob", None)), STRANGE],
        [created("hall", (9, "ann", "phone"))],
        [created("room", (3, "ann", "desk", True))],
    )

    await handlers(folder)[CHAT_EVENTS](batch)

    (news,) = folder.news
    assert news.heads == {"room": 5, "hall": 9}
    assert news.own == {
        ("room", "ann"): Own(seqs=[4, 3], private={3}, sessions={"phone", "desk"}),
        ("room", "bob"): Own(seqs=[5], sessions={None}),
        ("hall", "ann"): Own(seqs=[9], sessions={"phone"}),
    }


async def test_members_are_those_of_the_newest_version(folder):
    batch = entries(
        [changed("room", 3, member("ann"), member("cat", joined=4))],
        [changed("room", 2, member("ann"), member("bob")), STRANGE],
        [changed("hall", 1, member("bob"))],
    )

    await handlers(folder)[CHAT_ROOMS](batch)

    assert [(each.room, each.version, each.joined_seqs) for each in folder.memberships] == [
        ("room", 3, {"ann": 0, "cat": 4}),
        ("hall", 1, {"bob": 0}),
    ]


async def test_of_two_events_of_one_version_the_later_counts(folder):
    open_now = msgspec.structs.replace(changed("room", 2, member("ann")), open_history=True)

    await handlers(folder)[CHAT_ROOMS](entries([changed("room", 2, member("ann"))], [open_now]))

    assert [each.open_history for each in folder.memberships] == [True]


async def test_heads_and_watermarks_are_taken_from_older_events_too(folder):
    older = snapshot("room", 2, member("ann", delivered=8, read=6), head=9)
    newer = changed("room", 3, member("ann", delivered=7, read=7), head=7)

    await handlers(folder)[CHAT_ROOMS](entries([older], [newer]))

    (news,) = folder.news
    assert news.heads == {"room": 9}
    assert set(news.claims) == {(("room", "ann"), claim(8, 6)), (("room", "ann"), claim(7, 7))}


async def test_whoever_is_told_of_twice_alike_is_claimed_for_once(folder):
    again = [changed("room", version, member("ann", delivered=2)) for version in (1, 2, 3)]

    await handlers(folder)[CHAT_ROOMS](entries(*([each] for each in again)))

    assert folder.news[0].claims == [(("room", "ann"), claim(2))]


async def test_who_joins_has_received_and_read_what_came_before(folder):
    newcomer = member("ann", joined=5)
    reader = member("bob", joined=5, delivered=9, read=8, shown=6)

    await handlers(folder)[CHAT_ROOMS](entries([changed("room", 1, newcomer, reader)]))

    assert dict(folder.news[0].claims) == {
        ("room", "ann"): claim(5, 5),
        ("room", "bob"): claim(9, 8, shown=6),
    }


async def test_who_joins_is_present_only_when_their_watermark_is_where_they_joined(folder):
    await handlers(folder)[CHAT_ROOMS](entries([changed("room", 1, member("ann", joined=5))]))

    assert folder.calls == ["fold", "set_members"]


async def test_snapshots_tell_who_wrote_what_from_no_session_that_is_known(folder):
    batch = entries(
        [snapshot("room", 1, member("ann"), own_seqs={"ann": [2, 3], "bob": []}, head=3)],
        [snapshot("room", 1, member("ann"), own_seqs={"ann": [3, 4]}, head=4, private=["ann"])],
    )

    await handlers(folder)[CHAT_ROOMS](batch)

    (news,) = folder.news
    assert news.own == {
        ("room", "ann"): Own(seqs=[2, 3, 3, 4], private={3, 4}, sessions={None}),
        ("room", "bob"): Own(seqs=[], sessions={None}),
    }


@pytest.mark.parametrize("stream", [CHAT_RECEIPTS, CHAT_EVENTS, CHAT_ROOMS])
async def test_what_the_fold_raises_reaches_the_loop(folder, stream):
    folder.fails = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        await handlers(folder)[stream](entries([STRANGE]))
    assert folder.memberships == []
