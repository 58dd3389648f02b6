"""A client's WebSocket that writes down what it claims and is told, on the wire itself."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from clients.python import parley
from tests.faults.judging.history import Attendance, Claimed, Seen, Told
from tests.faults.notes import Notes

CLAIMS = {"delivered": False, "read_receipt": True}
"""Frames that claim something, and whether it is that something was read."""


class NotedSocket(parley.Socket):
    """Open one with ``noting``; it is used as any other."""

    notes: Notes
    _user = ""
    _session: Attendance | None = None

    async def send_text(self, data: str | bytes) -> None:
        """Write down a claim, then send it: whatever becomes of it, it may have been heard."""
        frame: dict[str, Any] = msgspec.json.decode(data)
        if frame.get("type") in CLAIMS and self._session is not None:
            is_read = CLAIMS[frame["type"]]
            claim = Claimed(self._session.user, frame["room"], frame["seq"], is_read)
            self.notes.history.add(claim)
        await super().send_text(data)

    async def receive_bytes(self) -> bytes:
        """Return the next frame, after writing down what it says."""
        data = await super().receive_bytes()
        self._hear(msgspec.json.decode(data))
        return data

    def _hear(self, frame: dict[str, Any]) -> None:
        now_s = time.monotonic()
        if frame["type"] == "welcome":
            user, session = frame["user"]["id"], frame["session"]
            self._session = Attendance(user, session, opened_s=now_s, heard_s=now_s)
            self.notes.history.sessions.append(self._session)
        if self._session is None:
            return
        self._session.heard_s = now_s
        for room in frame.get("rooms", ()) if frame["type"] == "welcome" else ():
            self._told(room["id"], room.get("lowest", ()))
        if frame["type"] == "status":
            self._told(frame["room"], [*frame["lowest"], *(frame.get("members") or ())])
        elif frame["type"] == "presence":
            for person in frame["users"]:
                seen = Seen(self._session.session, person["id"], person["status"], now_s)
                self.notes.history.add(seen)

    def _told(self, room: str, marks: list[dict[str, Any]]) -> None:
        assert self._session is not None
        for mark in marks:
            told = Told(
                self._session.session,
                room,
                mark["user"],
                mark["delivered_seq"],
                mark["read_seq"],
            )
            self.notes.history.add(told)


def noting(notes: Notes) -> Callable[..., Awaitable[NotedSocket]]:
    """Return what opens such sockets, for ``parley.Options``."""

    async def open_socket(*arguments: Any, **named: Any) -> NotedSocket:
        socket = await NotedSocket.open(*arguments, **named)
        socket.notes = notes
        return socket

    return open_socket
