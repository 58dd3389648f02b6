"""People of another system sign in with its tokens: exchanged once, they chat like everybody."""

import asyncio
import contextlib
import uuid

import httpx
import jwt
import pytest

from libs.common.external_keys import AGAIN_AFTER_S
from tests.integration.chat.issuer import SigningKey, claims_of
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


async def test_who_is_known_stays_as_they_are_and_signs_in_anew_each_time(world):
    subject = uuid.uuid4().hex
    claims = {"name": "Ada", "preferred_username": f"ada-{subject[:8]}"}

    _, first = await exchanged(world, world.issuer.token(subject, **claims))
    _, again = await exchanged(
        world, world.issuer.token(subject, name="Eve", preferred_username="eve"), process=1
    )

    assert again == first
    assert (first["username"], first["display_name"]) == (claims["preferred_username"], "Ada")
    rows = world.rows(
        "select password, is_staff, is_superuser, is_active,"
        " (select count(*) from sign_in where user_id = u.id)"
        " from chat_user u where id = %s",
        first["id"],
    )
    ((password, *others),) = rows
    assert password.startswith("!")
    assert others == [False, False, True, 2]


@pytest.mark.parametrize("number", range(3))
async def test_every_kind_of_key_opens_the_door(world, number):
    token = world.issuer.token(key=world.issuer.keys[number])

    answer, _ = await exchanged(world, token)

    assert answer["access_token"]


async def test_the_first_sight_of_one_person_by_many_at_once_makes_one_user(world):
    subject = uuid.uuid4().hex
    token = world.issuer.token(subject, preferred_username="first", name="First")

    async with exchanging(world.chats[0]) as one, exchanging(world.chats[1]) as other:
        answers = await asyncio.gather(
            *(each.post(PATH, json={"token": token}) for each in (one, other) * 12)
        )

    assert {answer.status_code for answer in answers} == {200}
    users = world.rows(
        "select count(*), count(distinct user_id) from external_identity where subject = %s",
        subject,
    )
    signed_in = world.rows(
        "select count(*), count(distinct user_id) from sign_in where user_id in"
        " (select user_id from external_identity where subject = %s)",
        subject,
    )
    assert users == [(1, 1)]
    assert signed_in == [(24, 1)]
    orphans = world.rows(
        "select count(*) from chat_user u where display_name = 'First' and not exists"
        " (select from external_identity e where e.user_id = u.id)"
    )
    assert orphans == [(0,)]


async def test_many_of_one_name_get_names_of_their_own_and_nobody_gets_anothers_account(world):
    local = world.person("Local")
    claims = {"preferred_username": local.username.upper(), "email": f"{local.username}@x.example"}
    tokens = [world.issuer.token(**claims) for _ in range(8)]

    people = await asyncio.gather(
        *(exchanged(world, token, process=number % 2) for number, token in enumerate(tokens))
    )

    usernames = {user["username"] for _, user in people}
    assert len(usernames) == len({user["id"] for _, user in people}) == 8
    assert all(name.startswith(local.username.upper()) for name in usernames)
    assert local.id not in {user["id"] for _, user in people}
    assert local.username.upper() not in usernames


async def test_a_deactivated_person_is_not_let_in_again(world):
    subject = uuid.uuid4().hex
    token = world.issuer.token(subject)
    _, user = await exchanged(world, token)
    world.rows("update chat_user set is_active = false where id = %s", user["id"])

    async with exchanging(world.chats[0]) as http:
        answer = await http.post(PATH, json={"token": token})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.json()["detail"] == "This account is not active."


async def test_with_cookies_a_browser_is_signed_in_as_by_login(world):
    token = world.issuer.token(name="Ada")

    async with exchanging(world.url) as browser:
        answer = await browser.post(PATH, json={"token": token, "cookie": True})
        session = await browser.get("/api/chat/auth/session")
        csrf = {"X-CSRFToken": session.json()["csrf_token"]}
        out = await browser.post("/api/chat/auth/logout", json={}, headers=csrf)

    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {"parley_session", "parley_access", "parley_csrf"}
    assert all("HttpOnly" in cookies[name] for name in ("parley_session", "parley_access"))
    assert session.json()["user"]["display_name"] == "Ada"
    assert out.status_code == 204


async def test_without_being_asked_no_cookie_is_set(world):
    async with exchanging(world.chats[0]) as http:
        answer = await http.post(PATH, json={"token": world.issuer.token()})

    assert (answer.status_code, answer.headers.get_list("set-cookie")) == (200, [])


async def test_a_foreign_page_cannot_sign_a_browser_in(world):
    subject = uuid.uuid4().hex
    body = {"token": world.issuer.token(subject), "cookie": True}

    async with exchanging(world.chats[0]) as http:
        answer = await http.post(PATH, json=body, headers={"Origin": "https://evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert not world.rows("select 1 from external_identity where subject = %s", subject)


async def test_a_token_that_does_not_hold_signs_nobody_in(world):
    issuer, stranger = world.issuer, SigningKey.new("ES256", kid=world.issuer.keys[0].kid)
    bad = {
        "ended": issuer.token(exp=1),
        "audience": issuer.token(aud="another"),
        "issuer": issuer.token(iss="http://127.0.0.1:1"),
        "stranger": issuer.token(key=stranger),
        "unsigned": jwt.encode(claims_of(issuer.url, "x"), "", algorithm="none"),
        "hmac": jwt.encode(
            claims_of(issuer.url, "x"),
            issuer.keys[0].jwk["x"],
            algorithm="HS256",
            headers={"kid": issuer.keys[0].kid},
        ),
        "ours": world.person().token,
        "nothing": "x",
    }

    async with exchanging(world.chats[0]) as http:
        before = world.rows("select count(*) from sign_in join external_identity using (user_id)")
        answers = {why: await http.post(PATH, json={"token": bad[why]}) for why in bad}

    codes = {why: (answer.status_code, answer.json()["code"]) for why, answer in answers.items()}
    assert codes == dict.fromkeys(bad, (401, "unauthenticated"))
    assert world.rows("select count(*) from sign_in join external_identity using (user_id)") == (
        before
    )
    assert [
        why for why, token in bad.items() if why != "nothing" and token in world.suite.log
    ] == []


async def test_their_token_opens_no_door_but_the_exchange(world):
    bearer = {"Authorization": f"Bearer {world.issuer.token()}"}

    async with exchanging(world.chats[0]) as http:
        answer = await http.get("/api/chat/rooms", headers=bearer)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body", [{}, {"token": ""}, {"token": 7}, {"token": "x" * 16385}, {"token": "x", "cookie": 1}]
)
async def test_a_wrong_body_is_a_bad_frame(world, body):
    async with exchanging(world.chats[0]) as http:
        answer = await http.post(PATH, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")


async def test_who_fails_too_often_waits_whatever_token_they_bring_then(world):
    async with exchanging(world.chats[0]) as http, exchanging(world.chats[0]) as somebody_else:
        failed = [await http.post(PATH, json={"token": "x"}) for _ in range(51)]
        good = {"token": world.issuer.token()}
        refused = await http.post(PATH, json=good)
        let_in = await somebody_else.post(PATH, json=good)

    assert [answer.status_code for answer in failed] == [401] * 50 + [429]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert let_in.status_code == 200


async def until_status(http, wanted, token):
    """Exchange again and again until the answer has this status; return it."""
    async with asyncio.timeout(3 * AGAIN_AFTER_S):
        while True:
            answer = await http.post(PATH, json={"token": token})
            if answer.status_code == wanted:
                return answer
            await asyncio.sleep(0.2)


async def test_a_new_key_is_accepted_soon_by_every_process_and_old_ones_go_on(world):
    old, new = world.issuer.keys[0], SigningKey.new("EdDSA")
    for process in range(2):
        await exchanged(world, world.issuer.token(key=old), process=process)
    world.issuer.keys.append(new)

    async with exchanging(world.chats[0]) as one, exchanging(world.chats[1]) as other:
        token = world.issuer.token(key=new)
        await asyncio.gather(*(until_status(each, 200, token) for each in (one, other)))

    await exchanged(world, world.issuer.token(key=old))


async def test_while_the_issuer_hangs_known_keys_go_on_and_others_are_told_to_wait(world):
    unknown = world.issuer.token(key=SigningKey.new())
    await exchanged(world, world.issuer.token())

    async with exchanging(world.chats[0]) as http:
        with world.issuer.hanging():
            waiting = asyncio.create_task(until_status(http, 503, unknown))
            for _ in range(5):
                await exchanged(world, world.issuer.token())
            told = await waiting
            await exchanged(world, world.issuer.token())
        with world.issuer.breaking(body=b"<html>"):
            await exchanged(world, world.issuer.token())
        back = await until_status(http, 401, unknown)

    assert told.json()["code"] == "unavailable"
    assert int(told.headers["Retry-After"]) >= 1
    assert back.json()["code"] == "unauthenticated"
