"""The same frames on a plain WebSocket and over Socket.IO, spoken by hand."""

import json

from websockets.asyncio.client import connect

OPEN, CONNECT, PING, PONG, EVENT = "0", "40", "2", "3", "42"
"""Packets of Engine.IO, and of Socket.IO within. Source: socket.io-protocol, revision 5."""


def address(url, path):
    return url.replace("http", "ws", 1) + path


class Plain:
    """Frames as they are; the session's cookie says who it is."""

    def __init__(self, socket):
        self.socket = socket

    @classmethod
    async def open(cls, url, token):
        cookie = {"Cookie": f"sessionid={token}"}
        return cls(await connect(address(url, "/ws/chat/"), additional_headers=cookie))

    async def send(self, frame):
        await self.socket.send(json.dumps(frame))

    async def receive(self):
        return json.loads(await self.socket.recv())


class SocketIO:
    """Events that are named by the frame's type; the handshake says who it is."""

    def __init__(self, socket):
        self.socket = socket

    @classmethod
    async def open(cls, url, token):
        """Raises PermissionError where the handshake is refused."""
        socket = await connect(address(url, "/socket.io/?EIO=4&transport=websocket"))
        assert (await socket.recv(decode=True)).startswith(OPEN)
        await socket.send(CONNECT + json.dumps({"token": token}))
        answer = await socket.recv(decode=True)
        if not answer.startswith(CONNECT):
            await socket.close()
            raise PermissionError(answer)
        return cls(socket)

    async def send(self, frame):
        content = {name: value for name, value in frame.items() if name != "type"}
        await self.socket.send(EVENT + json.dumps([frame["type"], content]))

    async def receive(self):
        while (packet := await self.socket.recv()) == PING:
            await self.socket.send(PONG)
        name, content = json.loads(packet.removeprefix(EVENT))
        return {"type": name, **content}
