"""The HTTP interface of chat: people, rooms, history, and what a socket does otherwise."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx

from .calling import Caller, body_of
from .frames import Message, Room, User
from .http import parse
from .pending import Draft
from .shapes import (
    Look,
    Member,
    MembersPage,
    Missing,
    Page,
    RoomsPage,
    Statuses,
    Users,
)

CHAT = "/api/chat"


class ChatApi(Caller):
    """Rooms and what is said in them."""

    async def users(self, search: str) -> list[User]:
        """Find people to talk to by a part of their name."""
        return (await self._get(Users, f"{CHAT}/users", search=search)).users

    async def users_by_id(self, ids: Sequence[str]) -> list[User]:
        """Return the people with these ids; unknown ids are left out."""
        return (await self._get(Users, f"{CHAT}/users", ids=",".join(ids))).users

    async def rooms(self) -> AsyncIterator[Room]:
        """Yield all rooms of the user, page by page, most recently active first."""
        async for page in self._pages(RoomsPage, f"{CHAT}/rooms"):
            for room in page.rooms:
                yield room

    async def room(self, room: str) -> Room:
        """Return one room.

        Raises:
            PermissionDenied: the user is not a member, or there is no such room.
        """
        return await self._get(Room, f"{CHAT}/rooms/{room}")

    async def create_room(
        self, kind: str, members: Sequence[str], *, name: str | None = None
    ) -> Room:
        """Create a room, or return the direct one that exists.

        Args:
            kind: ``direct`` (one other member) or ``group``.
            members: usernames or ids, without oneself.
            name: of a group.
        """
        body: dict[str, Any] = {"kind": kind, "members": list(members)}
        if name is not None:
            body["name"] = name
        answer = await self.request("POST", f"{CHAT}/rooms", body=body)
        return parse(answer, Room)

    async def change_room(
        self, room: str, *, name: str | None = None, open_history: bool | None = None
    ) -> Room:
        """Rename a group, or open or close its history; None leaves it as it is.

        Raises:
            PermissionDenied: the user is neither its owner nor an admin.
        """
        given = {"name": name, "open_history": open_history}
        body = {member: value for member, value in given.items() if value is not None}
        return parse(await self.request("PATCH", f"{CHAT}/rooms/{room}", body=body), Room)

    async def members(self, room: str) -> AsyncIterator[Member]:
        """Yield who is in a room, page by page, by id."""
        async for page in self._pages(MembersPage, f"{CHAT}/rooms/{room}/members"):
            for member in page.members:
                yield member

    async def add_members(self, room: str, people: Sequence[str]) -> Room:
        """Add people (usernames or ids) to a group; who is in it already stays as they are.

        Raises:
            PermissionDenied: the user is neither its owner nor an admin.
            BadFrame: somebody is unknown, or the group would be too large.
        """
        body = {"members": list(people)}
        return parse(await self.request("POST", f"{CHAT}/rooms/{room}/members", body=body), Room)

    async def set_role(self, room: str, user: str, role: str) -> Room:
        """Make a member (an id) ``owner``, ``admin`` or ``member``; a group has one owner.

        Raises:
            PermissionDenied: the user is not its owner.
            NotFound: that person is not in it.
        """
        path = f"{CHAT}/rooms/{room}/members/{user}"
        return parse(await self.request("PATCH", path, body={"role": role}), Room)

    async def remove_member(self, room: str, user: str) -> None:
        """Remove somebody (an id) from a group, or leave it; fine where they are not in it.

        Raises:
            PermissionDenied: the user may not remove that member.
        """
        await self.request("DELETE", f"{CHAT}/rooms/{room}/members/{user}")

    async def history(
        self,
        room: str,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = None,
    ) -> Page:
        """Return a page of messages: the newest 50 where nothing is given.

        Args:
            room: whose.
            before: only below this seq.
            after: only above this seq.
            limit: 20 by default with ``before`` or ``after``, 100 at most.
        """
        given = {"before": before, "after": after, "limit": limit}
        params = {name: value for name, value in given.items() if value is not None}
        return await self._get(Page, f"{CHAT}/rooms/{room}/messages", **params)

    async def send(self, draft: Draft) -> tuple[Message, bool]:
        """Send one message, one try; return it and whether it was a duplicate.

        Raises:
            Timeout: the outcome is unknown; the same draft may be sent again.
        """
        path = f"{CHAT}/rooms/{draft.room}/messages"
        answer = await self.request("POST", path, body=body_of(draft))
        return parse(answer, Message), answer.status_code == httpx.codes.OK

    async def sync(
        self,
        cursors: Mapping[str, int],
        *,
        wait_s: float | None = None,
        versions: Mapping[str, int] | None = None,
    ) -> Missing:
        """Return what is missing above ``cursors``, and rooms that are new or have changed.

        Args:
            cursors: highest contiguous seq held, by room; at most 200.
            wait_s: how long to wait for news where nothing is missing; 25 at most.
            versions: of the rooms that are known: those with a newer one come as changed.
        """
        body: dict[str, Any] = {"cursors": cursors}
        if versions is not None:
            body["versions"] = versions
        if wait_s is not None:
            body["wait_s"] = wait_s
        answer = await self.request("POST", f"{CHAT}/sync", body=body)
        return parse(answer, Missing)

    async def report_receipts(
        self, room: str, *, delivered_seq: int | None = None, read_seq: int | None = None
    ) -> None:
        """Report without a socket: everything up to these seqs is held, or was seen.

        Raises:
            PermissionDenied: the user is not a member, or there is no such room.
        """
        given = {"delivered_seq": delivered_seq, "read_seq": read_seq}
        body = {name: value for name, value in given.items() if value is not None}
        await self.request("POST", f"{CHAT}/rooms/{room}/receipts", body=body)

    async def statuses(self) -> Mapping[str, Look]:
        """Return how the states of a message are shown, by state: the table of all clients."""
        return (await self._get(Statuses, f"{CHAT}/statuses")).statuses
