"""The store of a client, member by member: how each is compared with that of another client.

Nothing is left out in silence: a member of the store that has no rule here is an ``UnknownMember``,
and so is a rule whose member is gone. What is not compared says why.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from clients.python.parley.company import Company
from clients.python.parley.core import Core
from clients.python.parley.frames import PresenceOf, Room, Watermark
from clients.python.parley.marks import Marks, RoomMarks
from clients.python.parley.outbox import Outbox
from clients.python.parley.pending import Standing
from clients.python.parley.places import Places
from clients.python.parley.presence import Presences
from clients.python.parley.receipts import Mark, Receipts
from clients.python.parley.recovery import Recovery
from clients.python.parley.rooms import Rooms, Shelf
from clients.python.parley.sending import Sending
from clients.python.parley.server_clock import ServerClock
from clients.python.parley.traffic import Traffic
from clients.python.parley.typists import Typists


class UnknownMember(Exception):
    """The store and the rules do not have the same members."""


class Place(NamedTuple):
    """Where something stands.

    Attributes:
        core: the whole store.
        key: of the innermost mapping on the way to it: a room's id, where it is about a room.
    """

    core: Core
    key: str = ""


@dataclass(frozen=True)
class Inside:
    """Its own members are compared, or the values that it holds by key."""


@dataclass(frozen=True)
class Some:
    """Likewise the values by key; but which keys a client has heard of is a matter of chance."""

    by: Callable[[Any, Place], Mapping[str, Any]]


@dataclass(frozen=True)
class Kept:
    """A mapping of values; beyond what others have heard of, old ones may stay in it."""

    by: Callable[[Any, Place], Mapping[str, Any]]


@dataclass(frozen=True)
class Shown:
    """Compared as what a function makes of it."""

    by: Callable[[Any, Place], Any]


@dataclass(frozen=True)
class Aside:
    """Not compared."""

    why: str


Rule = Inside | Some | Kept | Shown | Aside

INSIDE = Inside()
SAME = Shown(lambda value, _: value)
IS_THERE = Shown(lambda value, _: value is not None)
IN_ANY_ORDER = Shown(lambda value, _: None if value is None else sorted(value))

TO_BE_DONE = Aside("what the chat is to do next; it has taken it")
CHOSEN = Aside("chosen by who made the chat")
OWN_PACE = Aside("when this device does what")
OF_THE_CONNECTION = Aside("true of this connection, and of no other")
OWN_DEEDS = Aside("what the person at this device does: it is told, and not heard")
ELSEWHERE = Aside("the same object has another place in the store, and is compared there")

SMALL_ROOM = 32
"""Members of a room in which everybody is told who advanced."""

ABSENT = "nothing"
"""What a store has where it has no such place."""


def _passed(value: int, place: Place) -> int | None:
    """Show what everybody else has passed, where there is anybody else.

    Of the last one in a room nothing is told. Whoever saw others go keeps what those had passed.
    """
    return value if place.core.rooms.known[place.key].member_count > 1 else None


def _of_small_rooms(marks: Mapping[str, Watermark], place: Place) -> Mapping[str, Watermark]:
    """Show single members where all are told of; elsewhere what was told of one grows old."""
    return marks if place.core.rooms.known[place.key].member_count <= SMALL_ROOM else {}


def _told_or_written(read: int, place: Place) -> int:
    """Show what the server knows to be read: what it was told, and what one wrote oneself."""
    return max(read, place.core.rooms.known[place.key].read_seq)


def _on_their_way(places: Places, _: Place) -> list[tuple[str, str]]:
    """Show own messages without a seq; those that have failed are a matter of this device alone."""
    told = [places.told(one) for one in places]
    return [
        (one.client_id, one.standing.value) for one in told if one.standing is not Standing.FAILED
    ]


def _heard_of(known: Mapping[str, PresenceOf], _: Place) -> dict[str, PresenceOf]:
    """Show of whom something is known: ``unknown`` may be told, or may be no word at all.

    Of whom one shares no room with any more nothing is told, and who was in a group a client does
    not know: so what was told of them last stays until the connection ends.
    """
    return {user: one for user, one in known.items() if one.status != "unknown"}


def _typists(told: Mapping[str, Sequence[str]], _: Place) -> dict[str, list[str]]:
    """Show who types, in any order: who began first is known to those who were there."""
    return {room: sorted(users) for room, users in told.items()}


ANATOMY: Mapping[type, Mapping[str, Rule]] = {
    Core: {
        "rooms": INSIDE,
        "marks": INSIDE,
        "user_id": SAME,
        "online": SAME,
        "_output": TO_BE_DONE,
        "company": INSIDE,
        "_sending": INSIDE,
        "_receipts": INSIDE,
        "_recovery": INSIDE,
        "_held": Aside("how far rooms were when the last connection was lost"),
    },
    Rooms: {
        "known": INSIDE,
        "gaps": Aside("compared with the messages that were given out"),
        "_shelves": INSIDE,
        "_behind": SAME,
        "_unplaced": SAME,
    },
    Room: {
        "id": SAME,
        "kind": SAME,
        "name": SAME,
        "version": SAME,
        "members": IN_ANY_ORDER,
        "avatar": SAME,
        "member_count": SAME,
        "last_seq": Aside("as of the last word about the room; the shelf's head goes on"),
        "delivered_seq": SAME,
        "read_seq": SAME,
        "lowest": Aside("as of the last word about the room; the marks go on"),
        "role": SAME,
        "open_history": SAME,
        "removed": SAME,
    },
    Shelf: {"cursor": SAME, "head": SAME, "held": SAME, "ask_at": IS_THERE, "asked": SAME},
    Marks: {"_rooms": INSIDE},
    RoomMarks: {
        "delivered": Shown(_passed),
        "read": Shown(_passed),
        "members": Some(_of_small_rooms),
    },
    Watermark: {
        "user": SAME,
        "delivered_seq": SAME,
        "read_seq": SAME,
        "at": Aside("only who heard of it live is told when"),
    },
    Company: {
        "typists": INSIDE,
        "presences": INSIDE,
        "server_clock": INSIDE,
        "is_online": SAME,
        "_output": TO_BE_DONE,
        "_keystrokes": OWN_DEEDS,
        "_attendance": OWN_DEEDS,
    },
    Typists: {"_told": Shown(_typists), "_hidden": SAME},
    Presences: {"_known": Kept(_heard_of)},
    ServerClock: {"_told": IS_THERE},
    Sending: {
        "_output": TO_BE_DONE,
        "_pace": OWN_PACE,
        "_limits": SAME,
        "_is_online": SAME,
        "outbox": INSIDE,
    },
    Outbox: {
        "_random": CHOSEN,
        "_limit": CHOSEN,
        "_last_number": OWN_DEEDS,
        "_at": Shown(_on_their_way),
        "_traffic": INSIDE,
        "_vigil": OWN_PACE,
        "changes": SAME,
        "refusals": SAME,
    },
    Traffic: {"_at": ELSEWHERE, "_pace": OWN_PACE, "_requests": SAME, "lost_at": OWN_PACE},
    Receipts: {"_automatic": CHOSEN, "_marks": INSIDE, "_owing": SAME},
    Mark: {
        "held": SAME,
        "seen": OWN_DEEDS,
        "delivered": SAME,
        "read": Shown(_told_or_written),
        "not_before": OWN_PACE,
    },
    Recovery: {
        "_rooms": ELSEWHERE,
        "_heads": Aside("how far rooms were when this connection began"),
        "_replay_until": IS_THERE,
        "_syncs": OWN_PACE,
        "_asked": IS_THERE,
    },
}


BESIDE: Mapping[str, Aside] = {
    "protocol": Aside("the same for all"),
    "session": OF_THE_CONNECTION,
    "user": Aside(
        "the id is compared in the store; nobody is told of names, not even of one's own, which are"
        " asked for over HTTP: this one is as the connection began"
    ),
    "rooms": Aside("as the connection began; the store's rooms go on"),
    "more_rooms": OF_THE_CONNECTION,
    "heartbeat_s": Aside("the same for all"),
    "limits": Aside("compared in the store"),
    "server_time": Aside("compared in the store, as far as it can be"),
    "unread_total": Aside("of badges only"),
}
"""The last ``Welcome``, which a chat keeps beside its store."""


class Picture(NamedTuple):
    """What is compared of a store, each by where it stands.

    Attributes:
        whole: what every client knows.
        some: what a client may know or not.
        kept: what one may know for longer than others.
    """

    whole: dict[str, Any]
    some: dict[str, Any]
    kept: dict[str, Any]


def picture(core: Core) -> Picture:
    """Draw a store.

    Raises:
        UnknownMember: it has a member without a rule, or lacks one that has a rule.
    """
    drawn = Picture({}, {}, {})
    _draw(core, "", Place(core), drawn.whole, drawn)
    return drawn


def differences(
    mine: Picture, other: Picture, *, knows_all: bool = False
) -> dict[str, tuple[Any, Any]]:
    """Return where two stores differ, with what each of them has there.

    Args:
        mine: of a store that was there before the other.
        other: of another one.
        knows_all: nothing is true that the other one has not heard of.
    """
    some = mine.some.keys() if knows_all else mine.some.keys() & other.some.keys()
    here, there = ({**each.whole, **each.some, **each.kept} for each in (mine, other))
    places = sorted(mine.whole.keys() | other.whole.keys() | some | other.kept.keys())
    found = {where: (here.get(where, ABSENT), there.get(where, ABSENT)) for where in places}
    return {where: pair for where, pair in found.items() if pair[0] != pair[1]}


def _draw(thing: Any, where: str, place: Place, into: dict[str, Any], drawn: Picture) -> None:
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            _draw(value, f"{where}[{key}]", Place(place.core, key), into, drawn)
        return
    for name, rule in _rules_of(thing).items():
        value, inner = getattr(thing, name), f"{where}.{name}".removeprefix(".")
        match rule:
            case Inside():
                _draw(value, inner, place, into, drawn)
            case Some(by=by):
                _draw(by(value, place), inner, place, drawn.some, drawn)
            case Kept(by=by):
                drawn.kept.update((f"{inner}[{key}]", one) for key, one in by(value, place).items())
            case Shown(by=by):
                into[inner] = by(value, place)


def _rules_of(thing: Any) -> Mapping[str, Rule]:
    rules = ANATOMY.get(type(thing), {})
    if _members_of(thing) != rules.keys():
        unknown = sorted(_members_of(thing) ^ rules.keys())
        raise UnknownMember(f"{type(thing).__name__}: {unknown}")
    return rules


def _members_of(thing: Any) -> Set[str]:
    """Name what an object of the store consists of, whatever kind of class it is made by."""
    if isinstance(thing, msgspec.Struct):
        return set(thing.__struct_fields__)
    return set(vars(thing) if hasattr(thing, "__dict__") else type(thing).__slots__)
