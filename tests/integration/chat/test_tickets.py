"""A ticket opens one socket, once, soon, for whoever asked for it."""

import asyncio
import datetime as dt

import httpx
import pytest

from libs.common.clock import ManualClock, SystemClock
from libs.common.tokens import TICKET_LIFETIME_S
from tests.integration.chat.signing_in import (
    NOT_AUTHENTICATED,
    browser,
    issuer,
    new_name,
    opened,
    outcome,
    outcome_of_ticket,
    ticket_of,
)
from tests.integration.waiting import WITHIN_S

OVERLOADED = 4503


def ticket_made(world, person, *, seconds_ago):
    then = ManualClock(SystemClock().now() - dt.timedelta(seconds=seconds_ago))
    return issuer(world, clock=then).issue_ticket(sub=person.id, sid=person.sid)


def used_tickets(world):
    return world.rows("select count(*) from used_ticket")[0][0]


async def test_a_ticket_lets_in_whoever_asked_for_it_and_only_once(world):
    alice = world.person("Alice")
    async with world.http(alice) as http:
        answer = (await http.post("/auth/ticket")).json()

    client = await opened(world.chats[0], path=f"/ws/chat/?ticket={answer['ticket']}")
    again = [await outcome_of_ticket(url, answer["ticket"]) for url in (*world.chats, world.url)]
    await client.close()

    assert client.welcome["user"]["id"] == alice.id
    assert answer["expires_in"] == TICKET_LIFETIME_S == 30
    assert again == [NOT_AUTHENTICATED] * 3


async def test_of_many_sockets_with_one_ticket_exactly_one_is_let_in(world):
    alice = world.person()
    tickets = [await ticket_of(world, alice) for _ in range(15)]

    for ticket in tickets:
        outcomes = await asyncio.gather(
            *(outcome_of_ticket(url, ticket) for url in [*world.chats, *world.chats])
        )

        assert sorted(outcomes, key=str) == [NOT_AUTHENTICATED] * 3 + ["welcome"]


async def test_a_ticket_ends_after_thirty_seconds(world):
    alice = world.person()

    late = ticket_made(world, alice, seconds_ago=TICKET_LIFETIME_S)
    early = ticket_made(world, alice, seconds_ago=TICKET_LIFETIME_S - 15)

    assert await outcome_of_ticket(world.url, late) == NOT_AUTHENTICATED
    assert await outcome_of_ticket(world.url, early) == "welcome"


async def test_what_is_not_one_good_ticket_is_closed_with_4001(world):
    alice = world.person()
    one, other = await ticket_of(world, alice), await ticket_of(world, alice)
    queries = [
        "ticket=",
        "ticket",
        "ticket=garbage",
        f"ticket={one}x",
        f"ticket=x&ticket={one}",
        f"ticket={one}&ticket={one}",
        f"ticket={one}&ticket={other}",
        f"ticket={one}&ticket=",
        f"Ticket={one}",
        f"ticket={alice.token}",
        f"ticket=%00{one}",
    ]

    outcomes = {
        query: await outcome(world.url, path=f"/ws/chat/?{query}", origin=world.url)
        for query in queries
    }

    assert set(outcomes.values()) == {NOT_AUTHENTICATED}, outcomes
    assert await outcome_of_ticket(world.url, one) == "welcome"
    assert await outcome_of_ticket(world.url, other) == "welcome"


async def test_a_ticket_is_no_access_token_anywhere(world):
    alice = world.person()
    ticket = await ticket_of(world, alice)
    bearer = {"Authorization": f"Bearer {ticket}"}
    cookie = {"Cookie": f"parley_access={ticket}"}

    async with httpx.AsyncClient(base_url=world.url, timeout=WITHIN_S) as http:
        statuses = [
            (await http.get(path, headers=headers)).status_code
            for path in ("/api/chat/rooms", "/api/chat/auth/session", "/api/chat/me")
            for headers in (bearer, cookie, {})
        ]
        statuses.append((await http.get(f"/api/chat/me?ticket={ticket}")).status_code)
        statuses.append((await http.post("/api/chat/auth/ticket", headers=bearer)).status_code)

    assert set(statuses) == {401}
    assert await outcome(world.url, token=ticket) == NOT_AUTHENTICATED
    assert await outcome(world.url, headers=cookie, origin=world.url) == NOT_AUTHENTICATED
    assert await outcome_of_ticket(world.url, ticket) == "welcome"


async def test_the_first_credential_decides_and_a_ticket_that_does_not_is_not_used_up(world):
    alice, bob = world.people(2)
    ticket = await ticket_of(world, alice)
    cookie = {"Cookie": f"parley_access={bob.token}"}

    ignored = await outcome_of_ticket(world.url, ticket, token="bad")
    foreign = await outcome_of_ticket(world.url, ticket, origin="http://evil.test")
    client = await opened(
        world.url, path=f"/ws/chat/?ticket={ticket}", headers=cookie, origin=world.url
    )
    await client.close()

    assert (ignored, foreign) == (NOT_AUTHENTICATED, 403)
    assert client.welcome["user"]["id"] == alice.id


@pytest.mark.parametrize(
    "end",
    [
        "update sign_in set revoked_at = now() where user_id = %s",
        "update chat_user set is_active = false where id = %s",
    ],
    ids=["signed out", "deactivated"],
)
async def test_a_ticket_of_a_sign_in_that_ended_is_refused(world, end):
    alice = world.person()
    ticket = await ticket_of(world, alice)

    world.rows(end, alice.id)

    assert await outcome_of_ticket(world.url, ticket) == NOT_AUTHENTICATED


async def test_a_socket_that_a_ticket_opened_is_closed_by_signing_out(world):
    alice = world.person()
    ticket = await ticket_of(world, alice)

    client = await opened(world.chats[1], path=f"/ws/chat/?ticket={ticket}")
    async with world.http(alice, url=world.chats[0]) as http:
        await http.post("/auth/logout", json={})

    assert await client.until_closed() == NOT_AUTHENTICATED


async def test_a_ticket_is_not_lost_while_the_database_does_not_answer(world):
    alice = world.person()
    ticket = await ticket_of(world, alice)

    with world.transaction() as cursor:
        cursor.execute("lock table used_ticket in exclusive mode")
        refused = await outcome_of_ticket(world.url, ticket)

    assert refused == OVERLOADED
    assert await outcome_of_ticket(world.url, ticket) == "welcome"


async def test_nothing_is_stored_of_a_ticket_until_it_is_used(world):
    alice = world.person()
    before = used_tickets(world)

    ticket = await ticket_of(world, alice)
    issued = used_tickets(world)
    await outcome_of_ticket(world.url, ticket)

    assert (issued - before, used_tickets(world) - before) == (0, 1)


async def test_who_is_not_signed_in_gets_no_ticket_and_a_cookie_needs_the_csrf_token(world):
    async with world.http(None) as nobody, browser(world) as page:
        await page.register(new_name())
        refused = await nobody.post("/auth/ticket")
        given = await page.http.post("/auth/ticket")
        forged = await page.http.post("/auth/ticket", headers={"X-CSRFToken": ""})

    assert refused.status_code == 401
    assert (forged.status_code, forged.json()["code"]) == (403, "csrf_failed")
    assert await outcome_of_ticket(world.url, given.json()["ticket"]) == "welcome"


async def test_asking_for_a_ticket_renews_the_sign_in_as_asking_for_a_token_does(world):
    alice = world.person()
    age = "select now() - renewed_at < interval '1 minute' from sign_in where id = %s"
    world.rows(
        "update sign_in set renewed_at = now() - interval '9 minutes' where id = %s", alice.sid
    )

    await ticket_of(world, alice)

    assert world.rows(age, alice.sid) == [(True,)]
