"""What a scripted server says where a scenario does not say otherwise."""

from typing import Any

AT = "2026-01-01T00:00:00.000Z"
LIMITS = {
    "frame_bytes": 65536,
    "content_chars": 4096,
    "messages_per_s": 20,
    "messages_burst": 100,
    "typing_per_s": 10,
    "typing_burst": 50,
    "receipts_per_s": 100,
    "receipts_burst": 1000,
    "frames_per_s": 200,
    "frames_burst": 2000,
    "frame_bytes_per_s": 524288,
    "frame_bytes_burst": 4194304,
    "user_messages_per_s": 60,
    "user_messages_burst": 300,
    "user_connections": 50,
}
USER = {"id": "$alice", "username": "alice", "display_name": "Alice"}
SESSION = {"user": USER, "csrf_token": "none", "access_token": "$token", "expires_in": 600}
"""The answer of ``GET /api/chat/auth/session``."""


def welcome(rooms: list[dict[str, Any]], heartbeat_s: int) -> dict[str, Any]:
    """Return the first frame, with placeholders; of rooms is given what is not as usual."""
    return {
        "type": "welcome",
        "protocol": 1,
        "session": "a session",
        "user": USER,
        "server_time": AT,
        "heartbeat_s": heartbeat_s,
        "limits": LIMITS,
        "rooms": [{**room(), **each} for each in rooms],
    }


def room() -> dict[str, Any]:
    """Return the direct room ``$room`` of alice and bob, in which nothing was written."""
    return {
        "id": "$room",
        "kind": "direct",
        "name": "Bob",
        "version": 1,
        "members": ["$alice", "$bob"],
        "member_count": 2,
        "last_seq": 0,
        "delivered_seq": 0,
        "read_seq": 0,
        "lowest": [{"user": "$bob", "delivered_seq": 0, "read_seq": 0}],
    }


def message(seq: int) -> dict[str, Any]:
    """Return the message of bob in ``$room`` with this seq; the same whenever it is told."""
    return {
        "type": "message",
        "id": f"$room.{seq}",
        "room": "$room",
        "seq": seq,
        "sender": "$bob",
        "client_id": f"00000000-0000-4000-8000-{seq:012}",
        "content": f"number {seq}",
        "reply_to": None,
        "created_at": AT,
    }
