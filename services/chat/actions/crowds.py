"""Crowds of people for load tests, made in bulk: signing up one by one is not what is measured."""

import secrets
from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec
from django.db import transaction

from services.chat.actions.audit import Action, entry, note
from services.chat.domain.rooms import direct_key
from services.chat.models import Member, Outbox, Room, SignIn, User

PAIR = 2
ROOMS_AT_ONCE = 100
"""Rooms that one outbox row tells of."""
PEOPLE_AT_ONCE = 5_000
"""People of one transaction; a larger room is made in one all the same."""
UNUSABLE = "!"
"""Stands where a password would: nobody signs in with one. Source: django.contrib.auth.hashers."""


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """One of a crowd, who is signed in and in one room."""

    user: str
    username: str
    room: str
    sid: str


def make_crowd(sizes: Sequence[int]) -> Iterator[Extra]:
    """Make rooms of so many people each, whom nobody knew before; yield them room by room.

    Rooms of two are direct ones. All of it is announced as if they had come by themselves. What was
    yielded is committed; what was not may be, too.
    """
    for some in _parts(sizes):
        yield from _make(some)


def _parts(sizes: Sequence[int]) -> Iterator[list[int]]:
    part: list[int] = []
    for size in sizes:
        if part and sum(part) + size > PEOPLE_AT_ONCE:
            yield part
            part = []
        part.append(size)
    if part:
        yield part


@transaction.atomic
def _make(sizes: Sequence[int]) -> list[Extra]:
    groups = [[_stranger() for _ in range(size)] for size in sizes]
    people = list(chain.from_iterable(groups))
    rooms = [_room_of(group) for group in groups]
    members = [each for both in zip(groups, rooms, strict=True) for each in _seat(*both)]
    User.objects.bulk_create(people)
    sign_ins = SignIn.objects.bulk_create([SignIn(user=user) for user in people])
    Room.objects.bulk_create(rooms)
    Member.objects.bulk_create(members)
    note(
        *(entry(Action.REGISTERED, subject=user.id) for user in people),
        *(entry(Action.SIGNED_IN, subject=each.user_id, sid=each.id) for each in sign_ins),
        *(entry(Action.ROOM_CREATED, room=room.id, kind=str(room.kind)) for room in rooms),
        *(entry(Action.MEMBER_ADDED, subject=each.user_id, room=each.room_id) for each in members),
    )
    Outbox.objects.bulk_create(
        Outbox(
            event="room.changed",
            subjects=[room.id for room in rooms[start : start + ROOMS_AT_ONCE]],
        )
        for start in range(0, len(rooms), ROOMS_AT_ONCE)
    )
    return [
        Extra(
            user=str(user.id),
            username=user.username,
            room=str(member.room_id),
            sid=str(sign_in.id),
        )
        for user, member, sign_in in zip(people, members, sign_ins, strict=True)
    ]


def _stranger() -> User:
    name = f"load-{secrets.token_hex(8)}"
    return User(username=name, display_name=name, password=UNUSABLE)


def _room_of(group: Sequence[User]) -> Room:
    if len(group) == PAIR:
        one, other = group
        key = direct_key(str(one.id), str(other.id))
        return Room(kind=Room.Kind.DIRECT, direct_key=key)
    return Room(kind=Room.Kind.GROUP, name=f"A crowd of {len(group)}")


def _seat(group: Sequence[User], room: Room) -> Iterator[Member]:
    for place, user in enumerate(group):
        is_owner = place == 0 and room.kind == Room.Kind.GROUP
        yield Member(
            room=room, user=user, role=Member.Role.OWNER if is_owner else Member.Role.MEMBER
        )
