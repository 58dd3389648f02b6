"""``/sync``: what is missing, at once or as soon as there is something (long poll)."""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import Unauthenticated
from libs.common.http.bodies import answer, documented, read_body
from services.chat.api.credentials import Caller, caller_of
from services.chat.api.parts import Parts, parts_of
from services.chat.api.polls import Poll
from services.chat.api.shapes.messages import StatusUpdate, SyncAnswerBody, SyncQuestion
from services.chat.domain.closing import NOT_AUTHENTICATED
from services.chat.hub.live_status import LiveStatus
from services.chat.selectors import catching_up, people
from services.chat.selectors.catching_up import Heard, Known, Missed

router = Router(tags=["messages"])


@router.post("/sync", **documented(body=SyncQuestion, answers={200: SyncAnswerBody}))
async def sync(request: HttpRequest) -> HttpResponse:
    """Fetch what is missing above the cursors, and rooms that are new or have changed.

    With `wait_s` it waits for news where nothing is missing; four may wait at a time.
    """
    wish = read_body(request, SyncQuestion)
    parts, caller = parts_of(request), caller_of(request)
    known = Known(cursors=wish.cursors, versions=wish.versions, marks=wish.marks)
    if wish.wait_s:
        found, heard = await wait_for_news(parts, caller, known, wait_s=wish.wait_s)
    else:
        known = msgspec.structs.replace(known, marks=dict.fromkeys(wish.cursors, -1) | wish.marks)
        found, heard = (
            await parts.database.run(_missed, caller, known, Heard(), parts.clock.now()),
            [],
        )
    return answer(
        SyncAnswerBody(
            messages=found.messages,
            statuses=[*_statuses(found, heard)],
            rooms=found.rooms,
            changed=found.changed,
        )
    )


def _statuses(found: Missed, heard: Sequence[LiveStatus]) -> Iterator[StatusUpdate]:
    """Yield what was heard, and of other rooms what was read: that may be older."""
    for live in heard:
        told = live.status
        yield StatusUpdate(room=told.room, lowest=told.lowest, members=told.members)
    told_of = {live.room for live in heard}
    for read in found.statuses:
        if read.room not in told_of:
            yield StatusUpdate(**msgspec.structs.asdict(read))


async def wait_for_news(
    parts: Parts, caller: Caller, known: Known, *, wait_s: float
) -> tuple[Missed, Sequence[LiveStatus]]:
    """Return what somebody lacks, once there is something; nothing when the time is over.

    What was told of watermarks meanwhile comes beside it: the database may not know it yet.

    Listens first and reads afterwards: what is written in between is heard.

    Raises:
        Unauthenticated: the sign-in has ended meanwhile.
        RateLimited: the caller has too many sessions.
        ParleyError: too many wait already, or the database did not answer.
    """
    parts.admission.check_newcomer()
    parts.admission.check_person(caller.id)
    deadline_s = asyncio.get_running_loop().time() + wait_s
    async with parts.polls.open(user=caller.id, sid=caller.sid) as poll:
        found = await _read(parts, _first_missed, caller, known, poll)
        while not (found.anything or poll.statuses) and await poll.heard(until_s=deadline_s):
            found = await _read(parts, _missed, caller, known, poll)
        if poll.close_code == NOT_AUTHENTICATED:
            raise Unauthenticated
        return found, list(poll.statuses.values())


Reading = Callable[[Caller, Known, Heard, dt.datetime], Missed]


async def _read(parts: Parts, reading: Reading, caller: Caller, known: Known, poll: Poll) -> Missed:
    heard = Heard(changed=poll.changed | (poll.rooms - known.cursors.keys()), heads=poll.heads)
    async with parts.polls.reading():
        return await parts.database.run(reading, caller, known, heard, parts.clock.now())


def _missed(caller: Caller, known: Known, heard: Heard, now: dt.datetime) -> Missed:
    return catching_up.missed(user_id=caller.id, known=known, heard=heard, now=now)


def _first_missed(caller: Caller, known: Known, heard: Heard, now: dt.datetime) -> Missed:
    # Judged once more: a sign-out from here on finds the poll and ends it.
    if people.session_owner(sid=caller.sid, user_id=caller.id) is None:
        raise Unauthenticated
    return _missed(caller, known, heard, now)
