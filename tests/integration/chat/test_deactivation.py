"""People are shut out and let in again, and what has ended is cleared away: from a shell."""

import asyncio
import sys

from dev.settings import ROOT, environment
from tests.integration.chat.signing_in import (
    NOT_AUTHENTICATED,
    PASSWORD,
    another_sign_in,
    browser,
    manage,
    meanwhile,
    new_name,
    outcome_of_ticket,
    status_of,
    ticket_of,
)
from tests.integration.chat.world import WITHIN_S, Person


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


async def test_no_sign_in_begins_while_its_user_is_deactivated(world):
    name = new_name()
    account = {"username": name, "password": PASSWORD}
    async with browser(world) as page, world.http(None) as http:
        user = (await page.register(name))["user"]["id"]
        before = world.rows("select count(*) from sign_in where user_id = %s", user)

        answer = await meanwhile(
            world,
            "update chat_user set is_active = false where id = %s",
            user,
            request=http.post("/auth/token", json=account),
        )

    assert answer.status_code == 401
    assert world.rows("select count(*) from sign_in where user_id = %s", user) == before


def test_the_commands_tell_in_one_line_what_is_wrong(world):
    nobody = manage(world, "deactivate", "nobody-of-that-name")
    down = manage(
        world, "deactivate", "x", DATABASE_URL="postgresql://parley:secret@127.0.0.1:9/parley"
    )

    assert (nobody.returncode, down.returncode) == (1, 1)
    assert nobody.stderr.strip() == "CommandError: There is nobody called nobody-of-that-name."
    assert down.stderr.startswith("CommandError: The database does not answer")
    assert "secret" not in down.stderr


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


def sign_ins_made(world, user, count):
    world.rows(
        "insert into sign_in (id, user_id, session_key, user_agent, renewed_at)"
        " select gen_random_uuid(), %s, '', '', now() - n * interval '1 minute'"
        " from generate_series(1, %s) n",
        *(user, count),
    )


async def test_who_signs_in_all_the_time_keeps_the_last_hundred_sign_ins(world):
    name = new_name()
    async with browser(world) as first, browser(world) as second:
        user = (await first.register(name))["user"]["id"]
        sign_ins_made(world, user, 500)
        world.rows(
            "update sign_in set revoked_at = now() where user_id = %s"
            " and renewed_at between now() - interval '60 minutes' and now() - interval '30 s'",
            user,
        )

        await second.login(name)
        sessions = [await first.session(), await second.session()]

    kept = world.rows(
        "select revoked_at is null, now() - renewed_at < interval '160 minutes' from sign_in"
        " where user_id = %s",
        user,
    )
    assert sessions == [200, 200]
    assert kept == [(True, True)] * 100


async def test_somebody_with_very_many_sign_ins_is_shut_out_all_the_same(world):
    name = new_name()
    async with browser(world) as page:
        user = (await page.register(name))["user"]["id"]
        sign_ins_made(world, user, 2500)

        done = manage(world, "deactivate", name)
        refused = await page.session()

    left = "select count(*) from sign_in where user_id = %s and revoked_at is null"
    assert (done.returncode, refused) == (0, 401)
    assert "2501 sign-ins ended" in done.stdout
    assert world.rows(left, user) == [(0,)]


async def test_beside_a_running_suite_a_command_needs_no_settings_of_its_own(world):
    name = new_name()
    async with browser(world) as page:
        await page.register(name)

        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dev", "manage", "chat", "deactivate", name),
            env={**environment(), "RUN_DIR": str(world.suite.run_dir)},
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(process.communicate(), WITHIN_S)
        refused = await page.session()

    assert (process.returncode, refused) == (0, 401)
    assert f"{name} is deactivated" in said.decode()
