"""Sign-ins: renewed, listed, ended one by one, and replaced."""

import asyncio
import datetime as dt

import pytest

from libs.common.clock import ManualClock, SystemClock
from libs.common.tokens import LIFETIME_S, RENEWAL_GRACE_S
from tests.integration.chat.signing_in import (
    NOT_AUTHENTICATED,
    PASSWORD,
    another_sign_in,
    browser,
    meanwhile,
    new_name,
    status_of,
)
from tests.integration.chat.world import Person


async def sids_of(world, person):
    async with world.http(person) as http:
        return [each["sid"] for each in (await http.get("/sessions")).json()["sessions"]]


# Signing in over a sign-in ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["login again", "login as somebody else", "register somebody"])
async def test_signing_in_over_a_sign_in_ends_the_old_one(world, how):
    first, second = new_name(), new_name()
    async with browser(world) as page, browser(world) as other:
        await other.register(second)
        await page.register(first)
        old = await page.sid()
        async with page.socket(url=world.chats[1]) as socket, browser(world) as thief:
            thief.http.cookies.update(page.http.cookies)
            if how == "register somebody":
                signed_in = await page.register(new_name())
            else:
                signed_in = await page.login(second if "else" in how else first)

            assert await socket.until_closed() == NOT_AUTHENTICATED
            assert await thief.session() == 401
            assert await page.session() == 200
            assert await other.session() == 200
            assert await page.sid() != old
            async with page.socket() as anew:
                assert anew.welcome["user"] == signed_in["user"]
    assert world.rows("select revoked_at is null from sign_in where id = %s", old) == [(False,)]


async def test_a_sign_in_stays_where_signing_in_over_it_fails(world):
    async with browser(world) as page:
        name = new_name()
        await page.register(name)
        old = await page.sid()

        wrong = await page.http.post("/auth/login", json={"username": name, "password": "wrong"})
        taken = await page.http.post(
            "/auth/register", json={"username": name, "password": PASSWORD}
        )

        assert (wrong.status_code, taken.status_code) == (401, 400)
        assert await page.sid() == old


# The list --------------------------------------------------------------------------------------


async def test_the_list_tells_where_one_is_signed_in_newest_first(world):
    async with browser(world) as page:
        page.http.headers["User-Agent"] = "A Browser/1.0"
        signed_in = await page.register(new_name())
        alice = Person(signed_in["user"]["id"], "", await page.sid(), "")
        bob = world.person()
        program = another_sign_in(world, alice)

        listed = (await page.http.get("/sessions")).json()["sessions"]
        seen_by_program = await sids_of(world, program)

    assert [(each["sid"], each["current"]) for each in listed] == [
        (program.sid, False),
        (alice.sid, True),
    ]
    assert [each["user_agent"] for each in listed] == ["a program", "A Browser/1.0"]
    assert [each["agent"] for each in listed] == ["a", "A"]
    assert all(each["created_at"] <= each["renewed_at"] for each in listed)
    told = {"sid", "agent", "user_agent", "created_at", "renewed_at", "current"}
    assert set(listed[0]) == told
    assert seen_by_program == [program.sid, alice.sid]
    assert await sids_of(world, bob) == [bob.sid]


async def test_the_list_holds_only_what_could_still_be_renewed(world):
    grace = LIFETIME_S + RENEWAL_GRACE_S
    async with browser(world) as page:
        signed_in = await page.register(new_name())
        in_browser = Person(signed_in["user"]["id"], "", await page.sid(), "")
        asks, young, old, ended = (another_sign_in(world, in_browser) for _ in range(4))
        for sid, age_s in ((in_browser.sid, 86_400), (young.sid, grace - 60), (old.sid, grace + 1)):
            world.rows(
                "update sign_in set renewed_at = now() - %s * interval '1 s' where id = %s",
                *(age_s, sid),
            )
        world.rows("update sign_in set revoked_at = now() where id = %s", ended.sid)

        before = await sids_of(world, asks)
        world.rows(
            "update django_session set expire_date = now() where session_key ="
            " (select session_key from sign_in where id = %s)",
            in_browser.sid,
        )
        after = await sids_of(world, asks)

    assert sorted(before) == sorted([asks.sid, young.sid, in_browser.sid])
    assert sorted(after) == sorted([asks.sid, young.sid])


# Ending one ------------------------------------------------------------------------------------


async def test_one_sign_in_is_ended_from_another_and_nobody_elses(world):
    alice, bob = world.people(2)
    phone = another_sign_in(world, alice)

    async with (
        world.client(alice, url=world.chats[0]) as here,
        world.client(phone, url=world.chats[1]) as there,
        world.http(alice) as http,
    ):
        answers = [
            await http.delete(f"/sessions/{sid}")
            for sid in (phone.sid, phone.sid, bob.sid, "018f0000-0000-7000-8000-0000000000ff", "x")
        ]
        code = await there.until_closed()
        pong = await here.ask({"type": "ping"})

    assert [(each.status_code, each.content) for each in answers] == [(204, b"")] * 5
    assert (code, pong["type"]) == (NOT_AUTHENTICATED, "pong")
    assert [await status_of(world, each) for each in (alice, phone, bob)] == [200, 401, 200]
    assert await sids_of(world, alice) == [alice.sid]


async def test_ending_ones_own_sign_in_is_signing_out(world):
    async with browser(world) as page:
        await page.register(new_name())

        async with page.socket() as socket:
            answer = await page.http.delete(f"/sessions/{await page.sid()}")
            code = await socket.until_closed()

        assert (answer.status_code, code) == (204, NOT_AUTHENTICATED)
        assert set(page.http.cookies) == {"parley_csrf"}
        assert await page.session() == 401


async def test_a_page_needs_the_csrf_token_to_end_a_sign_in(world):
    async with browser(world) as page:
        await page.register(new_name())
        sid = await page.sid()

        answer = await page.http.delete(f"/sessions/{sid}", headers={"X-CSRFToken": ""})

        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        assert await page.sid() == sid


# Renewal ---------------------------------------------------------------------------------------


def with_token_of(world, person, *, seconds_ago):
    then = ManualClock(SystemClock().now() - dt.timedelta(seconds=seconds_ago))
    token = world.token(person.id, person.sid, clock=then)
    return Person(person.id, person.username, person.sid, token)


async def test_a_bearer_renews_a_token_until_a_minute_after_its_end(world):
    alice = world.person()
    world.rows("update sign_in set renewed_at = now() - interval '11 min' where id = %s", alice.sid)
    late = with_token_of(world, alice, seconds_ago=LIFETIME_S + RENEWAL_GRACE_S - 20)
    too_late = with_token_of(world, alice, seconds_ago=LIFETIME_S + RENEWAL_GRACE_S)

    async with world.http(late) as http:
        elsewhere = (await http.get("/me")).status_code
        answer = await http.get("/auth/session")
    renewed = answer.json()

    assert (elsewhere, answer.status_code, renewed["expires_in"]) == (401, 200, LIFETIME_S)
    assert "set-cookie" not in answer.headers
    assert await status_of(world, too_late) == 401
    anew = Person(alice.id, alice.username, alice.sid, renewed["access_token"])
    assert await status_of(world, anew) == 200
    [(age_s,)] = world.rows(
        "select extract(epoch from now() - renewed_at) from sign_in where id = %s", alice.sid
    )
    assert age_s < 60


async def test_renewals_at_once_all_succeed_until_a_sign_out_among_them(world):
    alice = world.person()

    async with (
        world.http(alice, url=world.chats[0]) as one,
        world.http(alice, url=world.chats[1]) as other,
    ):
        first = await asyncio.gather(*(http.get("/auth/session") for http in [one, other] * 8))
        mixed = await asyncio.gather(
            *(http.get("/auth/session") for http in [one, other] * 4),
            one.post("/auth/logout", json={}),
            *(http.get("/auth/session") for http in [one, other] * 4),
        )
        last = [await http.get("/auth/session") for http in (one, other)]

    assert {answer.status_code for answer in first} == {200}
    assert {answer.status_code for answer in mixed} <= {200, 204, 401}
    assert [answer.status_code for answer in last] == [401, 401]
    tokens = [each.json()["access_token"] for each in (*first, *mixed) if each.status_code == 200]
    renewed = Person(alice.id, alice.username, alice.sid, tokens[-1])
    assert await status_of(world, renewed) == 401


async def test_a_renewal_does_not_bring_back_a_sign_in_that_ends_meanwhile(world):
    alice = world.person()

    async with world.http(alice) as http:
        answer = await meanwhile(
            world,
            "update sign_in set revoked_at = now() where id = %s",
            alice.sid,
            request=http.get("/auth/session"),
        )

    assert answer.status_code == 401
