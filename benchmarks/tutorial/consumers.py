"""The WebSocket: a message is stored, acknowledged, and sent to the group of its room.

That somebody holds a message is passed on and not stored, which is kinder than a real chat is.
"""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from benchmarks.tutorial.models import Member, Message


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One session of a user, in the one room that is theirs."""

    group = ""

    async def connect(self) -> None:
        """Join the group of the user's room."""
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close()
            return
        self.member = await Member.objects.aget(user=user)
        self.room, self.user = str(self.member.room_id), str(user.pk)
        self.group = f"room_{self.room}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send_json({"type": "welcome"})

    async def disconnect(self, _code: int) -> None:
        """Leave the group."""
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: dict[str, Any]) -> None:
        """Do what a frame asks for."""
        if content["type"] == "message":
            await self.on_message(content)
        elif content["type"] == "delivered":
            await self.on_delivered(content)

    async def on_message(self, frame: dict[str, Any]) -> None:
        """Store a message, tell its author, and send it to the others."""
        stored = await Message.objects.acreate(
            room_id=self.member.room_id,
            author_id=self.member.user_id,
            client_id=frame["client_id"],
            content=frame["content"],
        )
        known = {"client_id": frame["client_id"], "room": self.room, "seq": stored.pk}
        await self.send_json({"type": "ack", **known})
        await self.send_others(
            {"type": "message", **known, "sender": self.user, "content": frame["content"]}
        )

    async def on_delivered(self, frame: dict[str, Any]) -> None:
        """Tell the others up to where the user holds the room."""
        reached = {"user": self.user, "delivered_seq": frame["seq"]}
        await self.send_others({"type": "status", "room": self.room, "lowest": [reached]})

    async def send_others(self, frame: dict[str, Any]) -> None:
        """Send a frame to everybody in the room; ``chat_frame`` leaves out the user's own sessions."""
        event = {"type": "chat.frame", "by": self.user, "frame": frame}
        await self.channel_layer.group_send(self.group, event)

    async def chat_frame(self, event: dict[str, Any]) -> None:
        """Pass on what another member sent to the group."""
        if event["by"] != self.user:
            await self.send_json(event["frame"])
