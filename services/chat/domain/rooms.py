"""Rules of rooms that need no database: who may change what, and who is what afterwards.

A group is told by its *roles*: who is present and as what, in the order in which they joined. A
rule takes the roles as they are and returns them as they shall be; the caller writes the
difference. It judges what it is given, so whoever calls holds the room's lock while it does.
"""

from collections.abc import Iterable, Mapping, Set
from enum import StrEnum

from libs.common.errors import BadFrame, NotFound, PermissionDenied

ROOM_MEMBERS = 1024
"""Most people who are present in a room at a time."""


class Role(StrEnum):
    """What a member is in a group. Each may do what those below may, too."""

    OWNER = "owner"
    """Exactly one while anybody is present. Sets roles and removes anybody."""
    ADMIN = "admin"
    """Renames the group, opens its history, adds people and removes plain members."""
    MEMBER = "member"


Roles = Mapping[str, Role]
"""Present members by user id, whoever has been there longest first."""


def direct_key(one: str, other: str) -> str:
    """Return what two people's direct room is found by, whoever of them asks.

    Raises:
        BadFrame: it is one person only.
    """
    if one == other:
        raise BadFrame(fields={"members": ["A direct room needs somebody else."]})
    return ":".join(sorted((one, other)))


def new_group(*, owner: str, others: Iterable[str]) -> Roles:
    """Return the roles of a group that somebody opens with some others, or alone.

    Raises:
        BadFrame: they are too many.
    """
    return with_members({owner: Role.OWNER}, by=owner, users=others)


def check_may_edit(roles: Roles, *, by: str) -> None:
    """Refuse whoever may not change the group's name and the openness of its history.

    Raises:
        PermissionDenied: ``by`` is not present, or a plain member.
    """
    if _role_of(roles, by) is Role.MEMBER:
        raise PermissionDenied("Only the owner and admins may change this group.")


def with_members(roles: Roles, *, by: str, users: Iterable[str]) -> Roles:
    """Return the roles with some people added; who is present already stays what they are.

    Raises:
        PermissionDenied: ``by`` is not present, or a plain member.
        BadFrame: they would be too many.
    """
    if _role_of(roles, by) is Role.MEMBER:
        raise PermissionDenied("Only the owner and admins may add people.")
    new = dict.fromkeys((user for user in users if user not in roles), Role.MEMBER)
    if len(roles) + len(new) > ROOM_MEMBERS:
        raise BadFrame(fields={"members": [f"A group has at most {ROOM_MEMBERS} members."]})
    return {**roles, **new}


def without_member(
    roles: Roles, *, by: str, user: str, deactivated: Set[str] = frozenset()
) -> Roles:
    """Return the roles without somebody; the same where they are not present.

    Everybody may leave (``by`` is ``user``). Whoever has been admin longest, or else member,
    follows an owner who leaves; the deactivated only where nobody else is there.

    Raises:
        PermissionDenied: ``by`` is not present, or may not remove that member.
    """
    role = _role_of(roles, by)
    if user != by:
        _check_may_remove(role, roles.get(user))
    after = {each: its for each, its in roles.items() if each != user}
    if after and roles.get(user) is Role.OWNER:
        active = {each: its for each, its in after.items() if each not in deactivated}
        after[_successor(active or after)] = Role.OWNER
    return after


def with_role(roles: Roles, *, by: str, user: str, role: Role) -> Roles:
    """Return the roles with somebody's changed. A new owner makes the old one an admin.

    Raises:
        PermissionDenied: ``by`` is not the owner, or is and would leave the group without one.
        NotFound: ``user`` is not present.
    """
    if _role_of(roles, by) is not Role.OWNER:
        raise PermissionDenied("Only the owner may set roles.")
    if user not in roles:
        raise NotFound("This person is not in the group.")
    if role is Role.OWNER:
        return {**roles, by: Role.ADMIN, user: Role.OWNER}
    if user == by:
        raise PermissionDenied("A group needs its owner: make somebody else the owner first.")
    return {**roles, user: role}


def _role_of(roles: Roles, user: str) -> Role:
    role = roles.get(user)
    if role is None:
        raise PermissionDenied
    return role


def _check_may_remove(role: Role, removed: Role | None) -> None:
    if role is Role.MEMBER:
        raise PermissionDenied("Only the owner and admins may remove people.")
    if role is Role.ADMIN and removed not in (None, Role.MEMBER):
        raise PermissionDenied("Only the owner may remove admins, and nobody the owner.")


def _successor(roles: Roles) -> str:
    admins = (user for user, role in roles.items() if role is Role.ADMIN)
    return next(admins, None) or next(iter(roles))
