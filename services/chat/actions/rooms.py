"""Rooms are opened, and groups changed. Each change and its announcement are one transaction.

A change locks the room's row before it judges anything, as ``send_messages`` does: what a member
wrote stands either before their removal, at or below ``left_seq``, or it is refused. A transaction
locks one room only, so two of them never wait for each other.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from libs.common.errors import PermissionDenied
from services.chat.actions.audit import Action, entry, note
from services.chat.domain import rooms as rules
from services.chat.domain.names import room_name_of
from services.chat.domain.rooms import Role, Roles
from services.chat.models import AuditEntry, Member, Outbox, Room
from services.chat.selectors.people import deactivated_among
from services.chat.selectors.rooms import has_left, is_member


class OpenedRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A room that is open; ``created`` tells whether it was not before."""

    room: str
    created: bool


def open_direct_room(*, user_id: str, other_id: str, address: str) -> OpenedRoom:
    """Open the one direct room of two people; both become members at its beginning.

    Idempotent, also where both ask at the same time: the second waits for the first to commit.

    Raises:
        BadFrame: it is one person only.
    """
    key = rules.direct_key(user_id, other_id)
    with transaction.atomic():
        room, created = Room.objects.get_or_create(
            direct_key=key, defaults={"kind": Room.Kind.DIRECT}
        )
        if created:
            members = [Member(room=room, user_id=UUID(user)) for user in (user_id, other_id)]
            Member.objects.bulk_create(members)
            by_user = functools.partial(entry, actor=user_id, room=room.id, address=address)
            note(by_user(Action.ROOM_CREATED, subject=other_id, kind=room.kind))
            _tell(room)
    return OpenedRoom(room=str(room.id), created=created)


def open_group(*, owner_id: str, name: str, member_ids: Sequence[str], address: str) -> OpenedRoom:
    """Open a group of its owner and some others. Each call opens another one.

    Raises:
        BadFrame: they are too many, or the name is not acceptable.
    """
    roles = rules.new_group(owner=owner_id, others=member_ids)
    with transaction.atomic():
        room = Room.objects.create(kind=Room.Kind.GROUP, name=room_name_of(name))
        _seat(room, roles)
        by_owner = functools.partial(entry, actor=owner_id, room=room.id, address=address)
        others = [user for user in roles if user != owner_id]
        note(
            by_owner(Action.ROOM_CREATED, kind=room.kind),
            *(by_owner(Action.MEMBER_ADDED, subject=user) for user in others),
        )
        _tell(room)
    return OpenedRoom(room=str(room.id), created=True)


def change_group(
    *,
    by: str,
    room_id: str,
    address: str,
    name: str | None = None,
    open_history: bool | None = None,
) -> None:
    """Rename a group, or open or close what was written before somebody joined. None: as it is.

    Raises:
        PermissionDenied: ``by`` may not, or there is no such group.
        BadFrame: the name is not acceptable.
    """
    wanted: dict[str, str | bool] = {}
    if name is not None:
        wanted["name"] = room_name_of(name)
    if open_history is not None:
        wanted["open_history"] = open_history
    with transaction.atomic():
        room, roles = _locked_group(by=by, room_id=room_id)
        rules.check_may_edit(roles, by=by)
        changes = {field: value for field, value in wanted.items() if getattr(room, field) != value}
        if changes:
            Room.objects.filter(id=room.id).update(**changes)
            _note_changes(
                functools.partial(entry, actor=by, room=room.id, address=address), changes
            )
            _raise_version(room)


def add_members(*, by: str, room_id: str, member_ids: Sequence[str], address: str) -> None:
    """Add people to a group; those who are present already stay as they are.

    Who comes back begins anew: nothing is left of their former place in the room.

    Raises:
        PermissionDenied: ``by`` may not, or there is no such group.
        BadFrame: they would be too many.
    """
    with transaction.atomic():
        room, roles = _locked_group(by=by, room_id=room_id)
        after = rules.with_members(roles, by=by, users=member_ids)
        _write(room, roles, after, by=by, address=address)


def remove_member(*, by: str, room_id: str, member_id: str, address: str) -> None:
    """Remove somebody from a group, or leave it (``by`` is ``member_id``).

    Nothing changes where that person is not present: who repeats it has the same success.

    Raises:
        PermissionDenied: ``by`` may not, or there is no such group.
    """
    if by == member_id and has_left(user_id=by, room_id=room_id):
        return
    with transaction.atomic():
        room, roles = _locked_group(by=by, room_id=room_id)
        deactivated = deactivated_among(roles) if by == member_id else frozenset()
        after = rules.without_member(roles, by=by, user=member_id, deactivated=deactivated)
        _write(room, roles, after, by=by, address=address)


def set_role(*, by: str, room_id: str, member_id: str, role: Role, address: str) -> None:
    """Give a member of a group a role; ``OWNER`` hands the group over.

    Raises:
        PermissionDenied: ``by`` may not, or there is no such group.
        NotFound: that person is not present.
    """
    with transaction.atomic():
        room, roles = _locked_group(by=by, room_id=room_id)
        after = rules.with_role(roles, by=by, user=member_id, role=role)
        _write(room, roles, after, by=by, address=address)


def _note_changes(noted: Callable[..., AuditEntry], changes: Mapping[str, str | bool]) -> None:
    if "name" in changes:
        # Not the name itself: it is what people write.
        note(noted(Action.ROOM_CHANGED, renamed=True))
    if "open_history" in changes:
        note(noted(Action.ROOM_CHANGED, open_history=changes["open_history"]))


def _locked_group(*, by: str, room_id: str) -> tuple[Room, Roles]:
    """Lock a group until the transaction ends, and read who is present then."""
    # Asked before, too: a stranger who had to wait for the lock would learn that there is a room.
    if not is_member(user_id=by, room_id=room_id):
        raise PermissionDenied
    room = Room.objects.select_for_update(no_key=True).get(id=room_id)
    if room.kind == Room.Kind.DIRECT:
        raise PermissionDenied("A direct room never changes.")
    # In a statement of its own, which sees what was committed before the lock was had. Ids grow
    # in the order of joining, because coming back makes a new row.
    present = Member.objects.filter(room=room, left_seq=None).order_by("id")
    return room, {str(user): Role(role) for user, role in present.values_list("user_id", "role")}


def _write(room: Room, before: Roles, after: Roles, *, by: str, address: str) -> None:
    """Write what became of the members of a locked room; note and announce it if it is anything."""
    if before == after:
        return
    members = Member.objects.filter(room=room)
    gone = before.keys() - after.keys()
    new = {user: role for user, role in after.items() if user not in before}
    members.filter(user_id__in=gone).update(left_seq=room.last_seq)
    members.filter(user_id__in=new).delete()
    _seat(room, new)
    for user, role in after.items():
        if before.get(user, role) is not role:
            members.filter(user_id=user).update(role=role)
    noted = functools.partial(entry, actor=by, room=room.id, address=address)
    note(*_entries(before, after, noted, by=by))
    _raise_version(room)


def _entries(
    before: Roles, after: Roles, noted: Callable[..., AuditEntry], *, by: str
) -> Iterator[AuditEntry]:
    """Yield what is to be noted of a change: who came, who went, who became what."""
    for user in before.keys() - after.keys():
        action = Action.MEMBER_LEFT if user == by else Action.MEMBER_REMOVED
        yield noted(action, subject=user)
    for user, role in after.items():
        if user not in before:
            yield noted(Action.MEMBER_ADDED, subject=user)
        elif role is not before[user]:
            yield noted(Action.ROLE_CHANGED, subject=user, role=str(role), was=str(before[user]))


def _seat(room: Room, roles: Roles) -> None:
    """Let people begin in a room at its present head."""
    head = room.last_seq
    Member.objects.bulk_create(
        Member(
            room=room,
            user_id=UUID(user),
            role=role,
            joined_seq=head,
            delivered_seq=head,
            read_seq=head,
        )
        for user, role in roles.items()
    )


def _raise_version(room: Room) -> None:
    Room.objects.filter(id=room.id).update(version=F("version") + 1, changed_at=Now())
    _tell(room)


def _tell(room: Room) -> None:
    Outbox.objects.create(event="room.changed", subjects=[room.id])
