"""What the sweep closes when rows change behind the services' back: nobody is told of it.

The suite's processes sweep every second.
"""

from libs.common.tokens import LIFETIME_S, RENEWAL_GRACE_S
from tests.integration.chat.control_layer import summed

NOT_AUTHENTICATED = 4001
SWEPT = "parley_sockets_closed_by_sweep_total"
ENDINGS = {
    "revoked": "update sign_in set revoked_at = now() where id = %(sid)s",
    "deactivated": "update chat_user set is_active = false where id = %(user)s",
    "deleted": "delete from sign_in where id = %(sid)s",
    "not_renewed": "update sign_in set renewed_at = now() - interval '1 hour' where id = %(sid)s",
}
LEFT_S = 60


async def swept(world, reason):
    return await summed(world, f'{SWEPT}{{reason="{reason}"}}')


def execute(world, sql, **parameters):
    with world.transaction() as cursor:
        cursor.execute(sql, parameters)


async def test_sockets_are_closed_whose_sign_in_ended_untold(world):
    people, other = world.people(len(ENDINGS)), world.person()
    before = {reason: await swept(world, reason) for reason in ENDINGS}

    async with world.clients(people * 2) as clients, world.client(other) as kept:
        for person, ending in zip(people, ENDINGS.values(), strict=True):
            execute(world, ending, sid=person.sid, user=person.id)
        codes = [await client.until_closed() for client in clients]

        assert codes == [NOT_AUTHENTICATED] * 2 * len(ENDINGS)
        assert (await kept.ask({"type": "ping"}))["type"] == "pong"
    assert {reason: await swept(world, reason) - before[reason] for reason in ENDINGS} == (
        dict.fromkeys(ENDINGS, 2)
    )


async def test_a_socket_is_closed_whose_user_was_deleted(world):
    alice = world.person()

    async with world.client(alice) as client:
        execute(world, "delete from sign_in where user_id = %(user)s", user=alice.id)
        execute(world, "delete from chat_user where id = %(user)s", user=alice.id)

        assert await client.until_closed() == NOT_AUTHENTICATED


async def test_a_sign_in_that_is_renewed_in_time_keeps_its_socket(world):
    later = "update sign_in set renewed_at = renewed_at - %(s)s * interval '1 s' where id = %(sid)s"
    alice, bob = world.person(), world.person()
    held = LIFETIME_S + RENEWAL_GRACE_S - LEFT_S

    async with world.clients([alice, bob]) as (kept, lost):
        for person in (alice, bob):
            execute(world, later, s=held, sid=person.sid)
        async with world.http(alice) as http:
            await http.get("/auth/session")
        for person in (alice, bob):
            execute(world, later, s=LEFT_S, sid=person.sid)
        code = await lost.until_closed()

        assert code == NOT_AUTHENTICATED
        assert (await kept.ask({"type": "ping"}))["type"] == "pong"
