"""The HTTP half of Parley, typed: people, rooms, history, and the fallbacks of the socket.

Every call is made once, except that a 401 renews the token and repeats it (nothing was done).
Sending twice with the same client_id is safe here too.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import httpx

from clients.python.parley.credentials import AUTH, Credentials
from clients.python.parley.errors import Unauthenticated
from clients.python.parley.frames import Message, Presence, PresenceOf, Room, User, Watermark
from clients.python.parley.http import Http, parse
from clients.python.parley.pending import Draft
from clients.python.parley.shapes import (
    Look,
    MarksPage,
    Member,
    MembersPage,
    MessageReceipt,
    Missing,
    OwnPresence,
    Page,
    Profile,
    QueueStatus,
    ReceiptsPage,
    RoomsPage,
    Statuses,
    Ticket,
    Users,
)

CHAT = "/api/chat"
RECEIPTS = "/api/receipts"
PRESENCE = "/api/presence"
QUEUE = "/api/queue"

T = TypeVar("T")


class _Paged(Protocol):
    next: str | None


P = TypeVar("P", bound=_Paged)


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
        answer = await self.request("POST", path, body=_body_of(draft))
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

    # Receipts ---------------------------------------------------------------------------------

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

    async def receipts(self, room: str) -> AsyncIterator[Watermark]:
        """Yield how far each member of a room is, page by page, by id.

        Raises:
            PermissionDenied: the user is not a member, or there is no such room.
            Unavailable: the receipts service is down.
        """
        async for page in self._pages(MarksPage, f"{RECEIPTS}/rooms/{room}"):
            for mark in page.members:
                yield mark

    async def message_receipts(self, room: str, seq: int) -> AsyncIterator[MessageReceipt]:
        """Yield who has received and read one message, and when, page by page, by id.

        Raises:
            PermissionDenied: the user is not a member, or there is no such room.
            NotFound: there is no such message.
            Unavailable: the receipts service is down.
        """
        async for page in self._pages(ReceiptsPage, f"{RECEIPTS}/rooms/{room}/messages/{seq}"):
            for receipt in page.members:
                yield receipt

    async def statuses(self) -> Mapping[str, Look]:
        """Return how the states of a message are shown, by state: the table of all clients."""
        return (await self._get(Statuses, f"{CHAT}/statuses")).statuses

    # Presence ---------------------------------------------------------------------------------

    async def presence(self, ids: Sequence[str]) -> list[PresenceOf]:
        """Return whether these people are there: at most 200, with all of whom one shares a room.

        Raises:
            PermissionDenied: with one of them one shares none.
            Unavailable: the presence service is down.
        """
        answer = await self._get(Presence, f"{PRESENCE}/users", ids=",".join(ids))
        return list(answer.users)

    async def my_presence(self) -> OwnPresence:
        """Return how the server sees oneself, all devices together.

        Raises:
            Unavailable: the presence service is down.
        """
        return await self._get(OwnPresence, f"{PRESENCE}/me")

    # What waits -------------------------------------------------------------------------------

    async def queue_outgoing(self, draft: Draft) -> bool:
        """Leave a message to the queue service, which sends it once chat takes it.

        Returns:
            Whether it was new; otherwise it was there already. What becomes of it is told to the
            sender's sessions: ``ack``, or ``failed``.

        Raises:
            PermissionDenied: the user is not a member, or there is no such room.
            ClientIdReused: it holds another text under that client_id.
            Unavailable: the queue service is down.
        """
        body = {"room": draft.room, **_body_of(draft)}
        answer = await self.request("POST", f"{QUEUE}/outgoing", body=body)
        return answer.status_code == httpx.codes.ACCEPTED

    async def get_queue_status(self) -> QueueStatus:
        """Return what waits in the queue service for the user, and of theirs.

        Raises:
            Unavailable: the queue service is down.
        """
        return await self._get(QueueStatus, f"{QUEUE}/status")

    async def check_health(self, base: str) -> None:
        """Ask whether a service is ready, without a token.

        Args:
            base: of its paths: ``CHAT``, ``QUEUE``, …

        Raises:
            ParleyError: it is not, or cannot be reached.
        """
        await self._http.request("GET", f"{base}/healthz")

    # Oneself ----------------------------------------------------------------------------------

    async def me(self) -> Profile:
        """Return oneself and what one lets others know."""
        return await self._get(Profile, f"{CHAT}/me")

    async def change_me(
        self,
        *,
        display_name: str | None = None,
        send_read_receipts: bool | None = None,
        last_seen: str | None = None,
    ) -> Profile:
        """Change one's name, or what others may know; None leaves it as it is.

        Args:
            display_name: what others see.
            send_read_receipts: whether others learn what one reads from now on.
            last_seen: who learns when one was there last: ``everyone``, ``contacts`` or
                ``nobody``. Of whoever does not, one does not learn it either.
        """
        given = {
            "display_name": display_name,
            "send_read_receipts": send_read_receipts,
            "last_seen": last_seen,
        }
        body = {name: value for name, value in given.items() if value is not None}
        return parse(await self.request("PATCH", f"{CHAT}/me", body=body), Profile)

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

    async def _pages(self, kind: type[P], path: str) -> AsyncIterator[P]:
        page = await self._get(kind, path)
        while True:
            yield page
            if not page.next:
                return
            page = await self._get(kind, path, after=page.next)


def _body_of(draft: Draft) -> dict[str, Any]:
    body: dict[str, Any] = {"client_id": draft.client_id, "content": draft.content}
    if draft.reply_to is not None:
        body["reply_to"] = draft.reply_to
    return body
