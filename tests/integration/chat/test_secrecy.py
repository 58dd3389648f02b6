"""The log tells what happened, never what people wrote or sign in with."""

import uuid

import httpx

from tests.integration.chat.signing_in import NOT_AUTHENTICATED, outcome_of_ticket, ticket_of

PASSWORD = "a password that nobody else has"


async def test_the_log_holds_no_password_no_hash_no_token_and_no_content(world):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    secret = f"a secret {uuid.uuid4().hex}"
    name = f"p-{uuid.uuid4().hex[:12]}"
    poison = (
        "alter table message add constraint no_secrets check (content not like 'a secret %')",
        "alter table message drop constraint no_secrets",
    )
    account = {"username": name, "password": PASSWORD}

    async with world.client(alice) as sender, httpx.AsyncClient(base_url=world.url) as http:
        await sender.say(room, f"kept: {secret}")
        with world.changed(do=poison[0], undo=poison[1]):
            refused = await sender.say(room, secret)
        await http.post("/api/chat/auth/register", json=account)
        again = await http.post("/api/chat/auth/register", json=account)
        answer = await http.post("/api/chat/auth/token", json=account)

    assert (refused["type"], again.status_code, answer.status_code) == ("error", 400, 200)
    log = world.suite.log
    token = answer.json()["access_token"]
    assert [word for word in (secret, PASSWORD, "argon2", token) if word in log] == []
    assert "message_cannot_be_stored" in log


async def test_the_log_holds_no_ticket(world):
    alice = world.person()
    used, foreign = await ticket_of(world, alice), await ticket_of(world, alice)
    garbage = f"garbage-{uuid.uuid4().hex}"

    outcomes = [await outcome_of_ticket(world.url, each) for each in (used, used, garbage)]
    refused = await outcome_of_ticket(world.url, foreign, origin="http://evil.test")
    async with httpx.AsyncClient(base_url=world.url) as http:
        page = {"Referer": f"{world.url}/?ticket={foreign}"}
        answer = await http.get("/api/chat/me", params={"ticket": foreign}, headers=page)

    assert outcomes == ["welcome", NOT_AUTHENTICATED, NOT_AUTHENTICATED]
    assert (refused, answer.status_code) == (403, 401)
    log = world.suite.log
    assert [each for each in (used, foreign, garbage) if each in log] == []
