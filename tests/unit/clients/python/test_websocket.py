"""The raw socket."""

import asyncio
import http

import pytest
from websockets.asyncio.server import serve

from clients.python import parley


async def test_what_is_chosen_reaches_the_handshake(server):
    headers = {"Origin": "http://elsewhere.test", "Cookie": "a=b"}
    async with await parley.Socket.open(
        server.url, path="/ws/chat/?ticket=t", token="secret", headers=headers
    ):
        peer = await server.peers.get()

    request = peer.connection.request
    assert request.path == "/ws/chat/?ticket=t"
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.headers["Origin"] == "http://elsewhere.test"
    assert request.headers["Cookie"] == "a=b"


async def test_text_and_bytes_go_out_as_they_are(server):
    async with await parley.Socket.open(server.url) as socket:
        await socket.send_text("[1, 2")
        await socket.send_binary(b"\x00")
        peer = await server.peers.get()
        await peer.connection.wait_closed()

    assert peer.connection.close_code == 1011  # the fake cannot decode it: it did arrive


async def test_frames_come_back_as_dictionaries(server):
    async with await parley.Socket.open(server.url) as socket:
        peer = await server.peers.get()
        await peer.say(type="typing", room="r")
        await peer.say(type="pong", mood="good")

        assert await socket.receive_type("pong") == {"type": "pong", "mood": "good"}
        with pytest.raises(parley.Timeout):
            await socket.receive(timeout_s=0.01)


async def test_the_close_code_is_told(server):
    async with await parley.Socket.open(server.url) as socket:
        peer = await server.peers.get()
        await peer.say(type="pong")
        await peer.connection.close(4001, "signed out")

        assert await socket.wait_closed() == 4001
        assert socket.close_code == 4001
        with pytest.raises(parley.Closed, match="4001 signed out"):
            await socket.send({"type": "ping"})


async def test_a_refused_handshake_tells_its_status():
    async def refuse(connection, request):
        return connection.respond(http.HTTPStatus.FORBIDDEN, "no")

    async def never(connection):
        await asyncio.Event().wait()

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]

        with pytest.raises(parley.Refused) as caught:
            await parley.Socket.open(f"http://127.0.0.1:{port}")

    assert caught.value.status == 403


async def test_a_server_that_is_not_there_is_unavailable(unused_tcp_port):
    with pytest.raises(parley.Unavailable):
        await parley.Socket.open(f"http://127.0.0.1:{unused_tcp_port}")
