"""The HTTP half of Parley, typed: people, rooms, history, and the fallbacks of the socket.

Every call is made once, except that a 401 renews the token and repeats it (nothing was done).
Sending twice with the same client_id is safe here too.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeVar

import httpx
import msgspec

from clients.python.parley.credentials import AUTH, Credentials
from clients.python.parley.errors import Unauthenticated
from clients.python.parley.frames import Message, Room, Status, SyncedRoom, User
from clients.python.parley.http import Http, parse
from clients.python.parley.outbox import Draft

CHAT = "/api/chat"

T = TypeVar("T")


class Page(msgspec.Struct, kw_only=True):
    """A page of a room's history, ascending by seq."""

    messages: list[Message]
    has_more: bool


class Missing(msgspec.Struct, kw_only=True):
    """The answer of HTTP ``sync``; ``rooms`` and ``changed`` as in the frames."""

    messages: list[Message]
    rooms: list[SyncedRoom]
    changed: list[Room] = msgspec.field(default_factory=list)
    statuses: list[Status] = msgspec.field(default_factory=list)


class Ticket(msgspec.Struct, kw_only=True):
    """A one-time credential for ``?ticket=``."""

    ticket: str
    expires_in: float


class Member(msgspec.Struct, kw_only=True):
    """Who is in a room; ``role`` is ``owner``, ``admin`` or ``member``."""

    user: str
    role: str
    joined_seq: int = 0


class _Members(msgspec.Struct):
    members: list[Member]
    next: str | None = None


class _Users(msgspec.Struct):
    users: list[User]


class _Rooms(msgspec.Struct):
    rooms: list[Room]
    next: str | None = None


class Api:
    """The HTTP interface as one signed-in user."""

    def __init__(self, http: Http, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> httpx.Response:
        """Call any path as this user and return the answer, which is a success.

        Raises:
            ParleyError: the class of the answer's code.
        """
        token = await self._credentials.bearer()
        try:
            return await self._http.request(method, path, body=body, params=params, token=token)
        except Unauthenticated:
            await self._credentials.renew(token)
        token = self._credentials.token
        return await self._http.request(method, path, body=body, params=params, token=token)

    async def users(self, search: str) -> list[User]:
        """Find people to talk to by a part of their name."""
        return (await self._get(_Users, f"{CHAT}/users", search=search)).users

    async def users_by_id(self, ids: Sequence[str]) -> list[User]:
        """Return the people with these ids; unknown ids are left out."""
        return (await self._get(_Users, f"{CHAT}/users", ids=",".join(ids))).users

    async def rooms(self) -> AsyncIterator[Room]:
        """Yield all rooms of the user, page by page, most recently active first."""
        page = await self._get(_Rooms, f"{CHAT}/rooms")
        while True:
            for room in page.rooms:
                yield room
            if not page.next:
                return
            page = await self._get(_Rooms, f"{CHAT}/rooms", after=page.next)

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
        path = f"{CHAT}/rooms/{room}/members"
        page = await self._get(_Members, path)
        while True:
            for member in page.members:
                yield member
            if not page.next:
                return
            page = await self._get(_Members, path, after=page.next)

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
        body: dict[str, Any] = {"client_id": draft.client_id, "content": draft.content}
        if draft.reply_to is not None:
            body["reply_to"] = draft.reply_to
        answer = await self.request("POST", f"{CHAT}/rooms/{draft.room}/messages", body=body)
        return parse(answer, Message), answer.status_code == httpx.codes.OK

    async def report(
        self, room: str, *, delivered_seq: int | None = None, read_seq: int | None = None
    ) -> None:
        """Report receipts without a socket."""
        given = {"delivered_seq": delivered_seq, "read_seq": read_seq}
        body = {name: value for name, value in given.items() if value is not None}
        await self.request("POST", f"{CHAT}/rooms/{room}/receipts", body=body)

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

    async def ticket(self) -> str:
        """Return a ticket: opens one socket within 30 s, without a header or cookie."""
        answer = await self.request("POST", f"{AUTH}/ticket", body={})
        return parse(answer, Ticket).ticket

    async def sign_out(self, *, everywhere: bool = False) -> None:
        """End this session, or all of the user's; their sockets close with 4001."""
        await self.request("POST", f"{AUTH}/logout", body={"everywhere": everywhere})

    async def _get(self, kind: type[T], path: str, **params: str | int) -> T:
        answer = await self.request("GET", path, params=params)
        return parse(answer, kind)
