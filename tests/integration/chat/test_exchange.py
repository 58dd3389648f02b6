"""People of another system sign in with its tokens: exchanged once, they chat like everybody."""

import contextlib
import uuid

import httpx

from tests.integration.chat.world import WITHIN_S, Client, Person

PATH = "/api/chat/auth/exchange"


def somewhere():
    """Return an address of one's own: failures are counted by address."""
    return ".".join(str(part) for part in (10, *uuid.uuid4().bytes[:3]))


def exchanging(url, *, address=None):
    """Return an HTTP client of somebody at an address, straight to a process of chat."""
    headers = {"X-Forwarded-For": address or somewhere()}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=WITHIN_S)


async def exchanged(world, token, *, process=0):
    """Exchange a token; return the answer, and who it made one."""
    async with exchanging(world.chats[process]) as http:
        answer = await http.post(PATH, json={"token": token})
        assert answer.status_code == 200, answer.text
        access_token = answer.json()["access_token"]
        session = await http.get(
            "/api/chat/auth/session", headers={"Authorization": f"Bearer {access_token}"}
        )
    return answer.json(), session.json()["user"]


async def test_two_people_of_another_system_chat_with_each_other(world):
    tokens = [world.issuer.token(name=name) for name in ("Ada", "Bo")]

    (ada_answer, ada), (bo_answer, bo) = [
        await exchanged(world, token, process=process) for process, token in enumerate(tokens)
    ]
    room = world.room(*(Person(user["id"], user["username"], "", "") for user in (ada, bo)))
    ada_socket = await Client.open(world.chats[0], ada_answer["access_token"])
    bo_socket = await Client.open(world.chats[1], bo_answer["access_token"])
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(ada_socket.close)
        stack.push_async_callback(bo_socket.close)
        ack = await ada_socket.say(room, "hello from elsewhere")
        (heard,) = await bo_socket.until(lambda: bo_socket.messages(room), what="the message")

    assert {name: ada_answer[name] for name in ("token_type", "expires_in")} == {
        "token_type": "Bearer",
        "expires_in": 600,
    }
    assert [user["display_name"] for user in (ada, bo)] == ["Ada", "Bo"]
    assert ack["seq"] == heard["seq"] == 1
    assert heard["sender"] == ada["id"]
