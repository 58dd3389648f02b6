"""A Redis of our own, in which one thing after the other is not as it should be."""

import asyncio

import pytest

from dev.redis_users import users
from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules.streams import GROUPS_OF
from tests.integration.doctor.surroundings import bad, look, the
from tests.integration.waiting import WITHIN_S
from tests.valkey_server import Server

PASSWORD = "0f-a-service"


@pytest.fixture
async def server(tmp_path):
    server = Server(tmp_path)
    server.start()
    await server.wait_up()
    yield server
    server.stop()


@pytest.fixture
async def redis(server):
    """An administrator's client; the services' user is there."""
    client = server.connect()
    for line in users({"parley": PASSWORD, "parley-push": PASSWORD}):
        name, *rules = line.removeprefix("user ").split()
        await client.execute_command("ACL", "SETUSER", name, *rules)
    yield client
    await client.aclose()


def url_of(server, user="parley", password=PASSWORD):
    return f"redis://{user}:{password}@127.0.0.1:{server.port}/0"


async def examine(server, **who):
    return await look({"REDIS_URL": url_of(server, **who)})


async def make_streams(redis):
    """Let every group be there, and somebody in it."""
    for name, groups in GROUPS_OF.items():
        for group in groups:
            await redis.xgroup_create(f"{name}:{{0}}", group, "$", mkstream=True)
            await redis.xreadgroup(group, "somebody", {f"{name}:{{0}}": ">"}, count=1)


async def test_one_as_it_should_be_is_fine_and_keeps_nothing_of_the_doctor(server, redis):
    await make_streams(redis)
    before = await redis.dbsize()

    found = await examine(server)

    assert bad(found, "redis", "streams") == set()
    assert await redis.dbsize() == before
    assert await redis.acl_log() == []


async def test_a_policy_that_throws_away_is_named_with_the_cure(server, redis):
    await redis.config_set("maxmemory-policy", "allkeys-lru")

    found = await examine(server)

    assert bad(found, "redis") == {"redis.eviction"}
    finding = the(found, "redis.eviction")
    assert finding.verdict is Verdict.WRONG
    assert "allkeys-lru" in finding.seen
    assert "noeviction" in finding.do


async def test_one_that_keeps_no_file_is_to_be_looked_at(server, redis):
    await redis.config_set("appendonly", "no")

    found = await examine(server)

    assert bad(found, "redis") == {"redis.persistence"}
    assert the(found, "redis.persistence").verdict is Verdict.LOOK


async def test_memory_that_ends_is_named(server, redis):
    used = (await redis.info("memory"))["used_memory"]
    await redis.config_set("maxmemory", int(used * 1.05))

    found = await examine(server)

    assert "redis.memory" in bad(found, "redis")


async def test_one_that_is_full_is_told_as_that_with_the_cure(server, redis):
    await make_streams(redis)
    await redis.config_set("maxmemory", 1)

    found = await examine(server)

    assert bad(found, "redis", "streams") == {"redis.memory", "redis.writes"}
    assert the(found, "redis.writes").seen == "It refuses to be written: its memory is full."
    assert "CONFIG SET" in the(found, "redis.writes").do


async def test_one_that_cannot_save_is_told_alone_though_it_refuses_nearly_everything(
    server, redis
):
    """Groups cannot read then, and not even PING is answered."""
    await make_streams(redis)
    (server.folder / "dump.rdb").mkdir()
    await redis.config_set("save", "3600 1")
    await redis.bgsave()
    async with asyncio.timeout(WITHIN_S):
        while (await redis.info("persistence"))["rdb_last_bgsave_status"] == "ok":
            await asyncio.sleep(0.02)

    found = await examine(server)

    assert bad(found, "redis", "streams") == {"redis.persistence", "redis.writes"}
    assert "cannot write its file" in the(found, "redis.writes").seen


async def test_the_administrator_is_no_user_for_services(server, redis):
    found = await look({"REDIS_URL": server.url})

    assert bad(found, "redis") == {"redis.user"}


@pytest.mark.parametrize(
    ("rule", "missing"),
    [
        ("-xack", "xack"),
        ("-xgroup|create", "xgroup|create"),
        ("-multi", "multi"),
        ("-hset", "hset"),
        ("resetchannels", "the channel parleyspecific.doctor"),
    ],
)
async def test_a_right_that_lacks_is_named(server, redis, rule, missing):
    await redis.execute_command("ACL", "SETUSER", "parley", rule)

    found = await examine(server)

    assert missing in the(found, "redis.user").seen
    assert the(found, "redis.user").verdict is Verdict.WRONG


async def test_keys_that_lack_are_named(server, redis):
    await redis.execute_command(
        "ACL", "SETUSER", "parley", "resetkeys", "~chat.*", "~presence.*", "~queue.*", "~receipts.*"
    )

    found = await examine(server)

    assert "the key parley:epoch" in the(found, "redis.user").seen


async def test_a_wrong_password_is_named_and_nothing_else_is_said(server, redis):
    found = await examine(server, password="another")

    (finding,) = [each for each in found if each.check.name.startswith(("redis", "streams"))]
    assert (finding.check.name, finding.verdict) == ("redis", Verdict.WRONG)
    assert "password" in finding.seen


async def test_one_whose_certificate_nobody_knows_is_told_as_that(certificate):
    tls, _ = certificate(60)
    running = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls)
    async with running:
        port = running.sockets[0].getsockname()[1]
        found = await look({"REDIS_URL": f"rediss://parley:{PASSWORD}@127.0.0.1:{port}/0"})

    assert the(found, "redis").seen.startswith("TLS fails")


async def test_a_group_of_somebody_else_is_left_alone(server, redis):
    await make_streams(redis)
    await redis.xgroup_create("chat.rooms:{0}", "archive", "0")

    found = await examine(server)

    assert bad(found, "streams") == set()


async def test_one_that_hangs_is_told_in_time(server, redis):
    server.hang()

    found = await examine(server)

    assert the(found, "redis").verdict is Verdict.WRONG
    assert "in time" in the(found, "redis").seen


async def test_a_group_without_consumers_is_named_with_what_waits(server, redis):
    await make_streams(redis)
    await redis.xgroup_delconsumer("receipts.lag:{0}", "queue", "somebody")
    await redis.xadd("receipts.lag:{0}", {"e": "[]"})

    found = await examine(server)

    assert bad(found, "streams") == {"streams.groups"}
    finding = the(found, "streams.groups")
    assert (finding.about, finding.verdict) == ("receipts.lag:{0}", Verdict.WRONG)
    assert finding.seen == "The group queue has no consumer, and 1 entries wait."
    assert finding.do == "Start queue, or restart it where it hangs."


async def test_a_group_that_is_behind_is_named(server, redis):
    await make_streams(redis)
    pipeline = redis.pipeline()
    for _ in range(1_000):
        pipeline.xadd("chat.rooms:{0}", {"e": "[]"})
    await pipeline.execute()

    found = await examine(server)

    lagging = [each.seen for each in found if each.check.name == "streams.lag"]
    assert lagging == [
        f"The group {group} is 1000 entries behind." for group in GROUPS_OF["chat.rooms"]
    ]


async def test_what_was_read_and_never_acknowledged_is_named(server, redis):
    await make_streams(redis)
    entry = await redis.xadd("chat.requests:{0}", {"e": "[]"})
    await redis.xreadgroup("chat", "somebody", {"chat.requests:{0}": ">"})
    await redis.xclaim("chat.requests:{0}", "chat", "somebody", 0, [entry], idle=60_001)

    found = await examine(server)

    assert bad(found, "streams") == {"streams.pending"}
    assert the(found, "streams.pending").about == "chat.requests:{0}"


async def test_dead_letters_are_counted(server, redis):
    await make_streams(redis)
    await redis.xadd("chat.rooms:{0}:dead:presence", {"id": "1-0"})

    found = await examine(server)

    assert bad(found, "streams") == {"streams.dead_letters"}
    assert the(found, "streams.dead_letters").seen == "presence has buried 1 entries."


async def test_every_partition_is_looked_at(server, redis):
    await make_streams(redis)

    found = await look({"REDIS_URL": url_of(server), "STREAM_PARTITIONS": "2"})

    missing = {each.about for each in found if each.verdict is Verdict.WRONG} - {""}
    assert missing == {"chat.events:{1}", "chat.receipts:{1}", "receipts.events:{1}"}
