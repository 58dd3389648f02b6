"""What the chat does about its connection, in the background and at its ends."""

import asyncio
import contextlib
import http

import httpx
import pytest
from websockets.asyncio.server import serve

from clients.python import parley
from clients.python.parley.commands import SendTyping
from clients.python.parley.states import ConnectionState
from tests.unit.clients.python import fakes
from tests.unit.clients.python.fakes import ROOM, chat_with
from tests.waiting import WITHIN_S, until


async def test_a_cancelled_send_is_not_sent_again(server, web):
    async with chat_with(server, web) as (chat, peer):
        sending = asyncio.create_task(chat.send("r", "never mind"))
        await peer.hear("message")
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        chat.abort()
        peer = await server.accept(ROOM)
        asking = asyncio.create_task(chat.send("r", "next"))
        frame = await peer.hear("message")
        await peer.acknowledge(frame, 4)
        await asking

    assert frame["content"] == "next"


async def test_what_was_queued_for_a_lost_connection_does_not_reach_the_next(server, web):
    async with chat_with(server, web) as (chat, _):
        chat.abort()
        for _ in range(3):
            chat.post_frame(SendTyping(room="r", is_typing=True))
        peer = await server.accept(ROOM)
        await until(lambda: chat.connected)
        chat.post_frame(SendTyping(room="r", is_typing=False))

        assert (await peer.hear("typing"))["is_typing"] is False


async def test_the_session_is_renewed_before_its_token_ends(server, web, clock):
    brief = {"access_token": "brief", "expires_in": 20}
    web.answer("POST /api/chat/auth/token", lambda request: httpx.Response(200, json=brief))
    async with chat_with(server, web, clock=clock) as (chat, _):
        clock.advance(15.9)
        early = web.count("GET /api/chat/auth/session")
        clock.advance(0.2)
        await until(lambda: web.count("GET /api/chat/auth/session") == 1)

        assert early == 0
        assert chat.connected


async def test_a_server_that_accepts_and_says_nothing_is_left(server, web, clock):
    options = fakes.options(web, clock=clock)
    chat = await parley.sign_in(server.url, "alice", "secret", options)
    entering = asyncio.create_task(chat.__aenter__())
    silent = await server.peers.get()
    async with asyncio.timeout(WITHIN_S):
        while server.peers.empty():
            clock.advance(1)
            await asyncio.sleep(0.005)
    await server.accept(ROOM)

    await entering
    await chat.close()

    assert silent.connection.close_code == 1006


async def test_a_bug_of_the_client_ends_the_chat_instead_of_leaving_it_deaf(server, web, caplog):
    def broken() -> float:
        raise ZeroDivisionError

    async with chat_with(server, web, random=broken) as (chat, _):
        chat.abort()

        with pytest.raises(parley.Internal, match="ZeroDivisionError"):
            await anext(chat.messages())

    assert "The client has a bug" in caplog.text


async def test_a_foreign_origin_is_told_at_once(web):
    async def refuse(connection, request):
        return connection.respond(http.HTTPStatus.FORBIDDEN, "no")

    async def never(connection):
        await asyncio.Event().wait()

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        options = fakes.options(web, origin="http://elsewhere.test")
        chat = await parley.sign_in(f"http://127.0.0.1:{port}", "alice", "secret", options)

        with pytest.raises(parley.Refused):
            await chat.__aenter__()


async def test_signed_out_is_renewed_once_and_then_connects_again(server, web):
    async with chat_with(server, web) as (_, peer):
        await peer.connection.close(4001)
        await server.accept(ROOM)

    assert web.count("GET /api/chat/auth/session") == 1
    assert server.tokens == ["Bearer t1", "Bearer t2"]


async def test_a_session_that_cannot_be_renewed_ends_the_chat_with_its_reason(server, web):
    async with chat_with(server, web) as (chat, peer):
        for what in ("GET /api/chat/auth/session", "POST /api/chat/auth/token"):
            web.answer(what, lambda request: fakes.problem(401, "unauthenticated"))
        sending = asyncio.create_task(chat.send("r", "hello"))
        await peer.hear("message")
        await peer.connection.close(4001)

        with pytest.raises(parley.Unauthenticated):
            await sending
        with pytest.raises(parley.Unauthenticated):
            await anext(chat.messages())


async def test_a_code_that_tells_of_a_client_bug_is_not_swallowed(server, web):
    async with chat_with(server, web) as (chat, peer):
        await peer.connection.close(1009)

        with pytest.raises(parley.Closed) as caught:
            await anext(chat.messages())

    assert caught.value.close_code == 1009


async def test_a_restarting_server_is_visited_again_when_it_asked_to(server, web):
    slow = {"reconnect_bases_s": (1000.0,)}
    async with chat_with(server, web, **slow) as (chat, peer):
        await peer.say(type="reconnect", after_ms=1)
        await peer.connection.close(1012)
        await server.accept(ROOM)
        await until(lambda: chat.connected)


async def test_a_server_that_falls_silent_is_left(server, web, clock):
    slow = {"reconnect_bases_s": (2.0,), "clock": clock}
    async with chat_with(server, web, **slow) as (chat, peer):
        clock.advance(30)
        await peer.hear("ping")
        clock.advance(10)
        await until(lambda: not chat.connected)
        async with asyncio.timeout(WITHIN_S):
            while server.peers.empty():
                clock.advance(0.5)
                await asyncio.sleep(0.005)
        await server.accept(ROOM)
        await until(lambda: chat.connected)


async def test_an_answered_ping_keeps_the_connection(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        frames = chat.frames()
        for _ in range(3):
            clock.advance(30)
            await peer.hear("ping")
            await peer.say(type="pong")
            await frames.next()

        assert chat.connected
        assert server.peers.empty()


async def test_a_server_without_a_welcome_is_not_waited_for_for_ever(server, web):
    options = fakes.options(web, open_timeout_s=0.05)
    chat = await parley.sign_in(server.url, "alice", "secret", options)

    with pytest.raises(parley.Timeout):
        await chat.__aenter__()


async def test_a_chat_tells_its_state_and_when_the_next_try_comes(server, web, clock):
    steady = {"clock": clock, "random": lambda: 1.0, "reconnect_bases_s": (8.0,)}
    async with chat_with(server, web, **steady) as (chat, _):
        told = [(chat.state.name, chat.next_try_in_s)]
        chat.abort()
        await until(lambda: not chat.connected)
        told.append((chat.state.name, chat.next_try_in_s))
        clock.advance(3)
        told.append((chat.state.name, chat.next_try_in_s))
        clock.advance(5)
        await until(lambda: chat.state is ConnectionState.RECONNECTING)
        told.append((chat.state.name, chat.next_try_in_s))
        await server.accept(ROOM)
        await until(lambda: chat.state is ConnectionState.CONNECTED)

    assert told == [("CONNECTED", 0), ("DISCONNECTED", 8), ("DISCONNECTED", 5), ("RECONNECTING", 0)]


async def test_every_state_can_be_followed_typing_as_well(server, web, clock):
    async with chat_with(server, web, clock=clock) as (chat, peer):
        changes = chat.state_changes()
        chat.type("r")
        await peer.hear("typing")
        chat.stop_typing("r")
        chat.type("r")
        chat.abort()
        await until(lambda: not chat.connected)
        clock.advance(1)
        await server.accept(ROOM)
        await until(lambda: chat.connected)
        chat.type("r")
        clock.advance(1.5)
        told = [(await changes.next()).value for _ in range(8)]

    assert told == [
        "Typing",
        "Connected",
        "Typing",
        "Disconnected",
        "Reconnecting",
        "Connected",
        "Typing",
        "Connected",
    ]


async def test_a_message_that_is_sent_ends_typing(server, web):
    async with chat_with(server, web) as (chat, peer):
        chat.type("r")
        typing = chat.state
        sending = asyncio.create_task(chat.send("r", "hello"))
        await peer.acknowledge(await peer.hear("message"), 4)
        await sending

        assert (typing, chat.state) == (ConnectionState.TYPING, ConnectionState.CONNECTED)


async def test_a_try_can_be_had_at_once(server, web):
    slow = {"reconnect_bases_s": (1000.0,)}
    async with chat_with(server, web, **slow) as (chat, _):
        chat.abort()
        await until(lambda: chat.state is ConnectionState.DISCONNECTED)
        chat.attempt_reconnect()
        await server.accept(ROOM)
        await until(lambda: chat.connected)


async def test_a_program_may_start_before_its_server(server, web):
    down = {"GET /api/chat/auth/session", "POST /api/chat/auth/token"}
    as_ever = {what: web.answers[what] for what in down}
    for what in down:
        web.answer(what, lambda request: fakes.problem(503, "unavailable"))
    chat = parley.Chat(server.url, username="alice", password="secret", options=fakes.options(web))
    entering = asyncio.create_task(chat.__aenter__())
    await until(lambda: chat.state is ConnectionState.OFFLINE_MODE and chat.next_try_in_s > 1)
    web.answers |= as_ever
    web.answer("GET /api/chat/auth/session", lambda request: fakes.problem(401, "unauthenticated"))
    chat.attempt_reconnect()
    await server.accept(ROOM)
    await entering
    await chat.close()

    assert server.tokens == ["Bearer t1"]


async def test_a_first_connection_that_is_refused_is_tried_again(server, web):
    answers = iter([http.HTTPStatus.SERVICE_UNAVAILABLE] * 3)

    async def answer(connection, request):
        status = next(answers, None)
        return connection.respond(status, "not yet") if status else None

    async with serve(server.serve_one, "127.0.0.1", 0, process_request=answer) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        patient = fakes.options(web, reconnect_bases_s=(0.01, 0.01))
        chat = await parley.sign_in(f"http://127.0.0.1:{port}", "alice", "secret", patient)
        changes = chat.state_changes()
        entering = asyncio.create_task(chat.__aenter__())
        await until(lambda: chat.state is ConnectionState.OFFLINE_MODE and chat.next_try_in_s > 1)
        chat.attempt_reconnect()
        await server.accept(ROOM)
        await entering
        told = [(await changes.next()).value for _ in range(len(changes))]
        await chat.close()

    first, later = ["Failed", "OfflineMode", "Reconnecting"], ["Failed", "OfflineMode"]
    assert told == [*first, *later, "Reconnecting", "Connected"]
