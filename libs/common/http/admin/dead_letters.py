"""The page of dead letters: entries of streams on which a consumer group of this service gave up.

What they carry is not shown: people may have written it. Which kinds of events it is, and how large,
says enough to decide whether it is tried again.
"""

from collections.abc import Sequence

import msgspec
import structlog

from libs.common import events
from libs.common.streams.dead_letters import DeadLetter, DeadLetters
from libs.common.streams.entries import FIELD, StreamId

SHOWN = 50
"""Letters of one group on a page, the oldest first."""
REPLAY, DISCARD = "replay", "discard"

log = structlog.get_logger(__name__)


class ShownLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter, without what it carries."""

    id: str
    original_id: str
    reason: str
    first_failed_at: str
    kinds: str
    size_bytes: int


class ShownGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The letters of one group on one stream; ``key`` names it in the form."""

    key: str
    stream: str
    group: str
    letters: Sequence[ShownLetter]


async def shown(places: Sequence[DeadLetters]) -> list[ShownGroup]:
    """Return what is to be shown of each group.

    Raises:
        redis.RedisError: Redis did not say.
    """
    return [
        ShownGroup(
            key=place.key,
            stream=place.stream,
            group=place.group,
            letters=[_shown(letter) for letter in await place.list(limit=SHOWN)],
        )
        for place in places
    ]


async def decide(
    places: Sequence[DeadLetters], *, key: str, ids: Sequence[str], what: str, by: str
) -> int:
    """Replay or discard letters of one group; return of how many.

    One that is not there any more is passed over: somebody else has decided.

    Args:
        places: those of this service.
        key: of the group's letters.
        ids: of the letters.
        what: ``replay`` or ``discard``.
        by: who decided, for the log.

    Raises:
        ValueError: there is no such group, no such decision, or something that is no id.
        redis.RedisError: Redis did not take part; some may be done.
    """
    place = next((each for each in places if each.key == key), None)
    if place is None or what not in {REPLAY, DISCARD}:
        raise ValueError("no such group, or no such decision")
    done = 0
    for letter_id in [StreamId.parse(each) for each in ids]:
        letter = await place.find(letter_id)
        if letter is None:
            continue
        await (place.replay(letter) if what == REPLAY else place.discard(letter))
        log.info("dead_letter_decided", what=what, key=key, id=str(letter_id), by=by)
        done += 1
    return done


def _shown(letter: DeadLetter) -> ShownLetter:
    packed = letter.fields.get(FIELD, b"")
    known, unknown = events.decode_known(packed)
    kinds = sorted({str(each.__struct_config__.tag) for each in known})
    return ShownLetter(
        id=str(letter.id),
        original_id=str(letter.original_id),
        reason=letter.reason,
        first_failed_at=letter.first_failed_at,
        kinds=", ".join([*kinds, *(["unreadable"] if unknown or not known else [])]),
        size_bytes=sum(map(len, letter.fields.values())),
    )
