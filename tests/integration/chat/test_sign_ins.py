"""Sign-ins: renewed, listed, ended one by one, replaced, and shut out all at once."""

import asyncio
import datetime as dt

import pytest

from libs.common.clock import ManualClock, SystemClock
from libs.common.tokens import LIFETIME_S, RENEWAL_GRACE_S
from tests.integration.chat.signing_in import (
    NOT_AUTHENTICATED,
    PASSWORD,
    browser,
    manage,
    new_name,
    outcome_of_ticket,
    ticket_of,
)
from tests.integration.chat.world import Person


def another_sign_in(world, person):
    """Sign a person in once more, without a browser."""
    [(sid,)] = world.rows(
        "insert into sign_in (id, user_id, session_key, user_agent)"
        " values (gen_random_uuid(), %s, '', 'a program') returning id::text",
        person.id,
    )
    return Person(person.id, person.username, sid, world.token(person.id, sid))


async def status_of(world, person):
    async with world.http(person) as http:
        return (await http.get("/auth/session")).status_code


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
    assert all(each["created_at"] <= each["renewed_at"] for each in listed)
    assert set(listed[0]) == {"sid", "user_agent", "created_at", "renewed_at", "current"}
    assert seen_by_program == [program.sid, alice.sid]
    assert await sids_of(world, bob) == [bob.sid]


async def test_the_list_holds_only_what_could_still_be_renewed(world):
    grace = LIFETIME_S + RENEWAL_GRACE_S
    async with browser(world) as page:
        signed_in = await page.register(new_name())
        in_browser = Person(signed_in["user"]["id"], "", await page.sid(), "")
        asks, young, old, ended = (another_sign_in(world, in_browser) for _ in range(4))
        for sid, age_s in ((in_browser.sid, 86_400), (young.sid, grace - 20), (old.sid, grace + 1)):
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


# Deactivation ----------------------------------------------------------------------------------


async def test_who_is_deactivated_is_shut_out_everywhere_at_once_until_reactivated(world):
    name = new_name()
    account = {"username": name, "password": PASSWORD}
    async with browser(world) as page, world.http(None) as http:
        signed_in = await page.register(name)
        alice = Person(signed_in["user"]["id"], name, await page.sid(), "")
        program = another_sign_in(world, alice)
        ticket = await ticket_of(world, program)
        async with (
            page.socket(url=world.chats[0]) as here,
            world.client(program, url=world.chats[1]) as there,
        ):
            done = manage(world, "deactivate", name.upper())
            codes = [await here.until_closed(), await there.until_closed()]

        refused = [
            (await http.post(f"/auth/{how}", json=account)).status_code
            for how in ("login", "token")
        ]
        shut_out = [await page.session(), await status_of(world, program)]
        again = manage(world, "deactivate", name)
        back = manage(world, "reactivate", name)
        still_ended = [await page.session(), await status_of(world, program)]
        await page.login(name)

        assert (done.returncode, again.returncode, back.returncode) == (0, 0, 0)
        assert f"{name} is deactivated: 2 sign-ins ended" in done.stdout
        assert "already" in again.stdout
        assert "may sign in again" in back.stdout
        assert codes == [NOT_AUTHENTICATED] * 2
        assert refused == shut_out == still_ended == [401, 401]
        assert await outcome_of_ticket(world.url, ticket) == NOT_AUTHENTICATED
        assert await page.session() == 200


def test_the_commands_tell_in_one_line_what_is_wrong(world):
    nobody = manage(world, "deactivate", "nobody-of-that-name")
    down = manage(
        world, "deactivate", "x", DATABASE_URL="postgresql://parley:secret@127.0.0.1:9/parley"
    )

    assert (nobody.returncode, down.returncode) == (1, 1)
    assert nobody.stderr.strip() == "CommandError: There is nobody called nobody-of-that-name."
    assert down.stderr.startswith("CommandError: The database does not answer")
    assert "secret" not in down.stderr


# Upkeep ----------------------------------------------------------------------------------------


def test_upkeep_removes_what_has_ended_and_nothing_else(world):
    alice = world.person()
    world.rows(
        "insert into django_session (session_key, session_data, expire_date)"
        " select 'ended' || n, '', now() - interval '1 s' from generate_series(1, 1200) n"
        " union all select 'holds', '', now() + interval '1 h'"
    )
    world.rows(
        "insert into used_ticket (id, expires_at) values"
        " ('018f0000-0000-7000-8000-0000000000e1', now() - interval '61 min'),"
        " ('018f0000-0000-7000-8000-0000000000e2', now() - interval '59 min')"
    )
    world.rows(
        "insert into sign_in (id, user_id, session_key, user_agent, renewed_at) values"
        " ('018f0000-0000-7000-8000-0000000000e3', %s, '', '', now() - interval '30 d 61 min'),"
        " ('018f0000-0000-7000-8000-0000000000e4', %s, '', '', now() - interval '30 d 59 min')",
        *(alice.id, alice.id),
    )

    done = manage(world, "upkeep")

    left = world.rows(
        "select session_key from django_session where session_key like 'ended%%'"
        " or session_key = 'holds'"
        " union all select id::text from used_ticket where id::text like '%%-0000000000e_'"
        " union all select id::text from sign_in where id::text like '%%-0000000000e_'"
    )
    assert done.returncode == 0, done.stderr
    assert sorted(key[-5:] for (key,) in left) == ["000e2", "000e4", "holds"]
    assert "used_ticket: 1 rows removed" in done.stdout
