"""In Redis the services may do what they do, other programs push, and nobody does anything else.

What other tests ask of the services is judged likewise, when their suites end: see ``running_world``.
"""

import asyncio
import uuid
from contextlib import closing

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis import Redis
from redis.exceptions import NoPermissionError, ResponseError

from libs.common.control import GROUP, LAYER_PREFIX, Pushed, to_layer
from libs.common.streams.entries import FIELD
from services.chat.store import SNAPSHOTS
from tests.integration.chat.world import running_world
from tests.integration.queue.dead import known_room
from tests.integration.waiting import until
from tests.redis_users import refusals

AGAIN_S = 0.2
SETTLED_S = 60
"""Until a repair is done, and streams are trimmed, on a slow machine."""
FORBIDDEN = [
    "FLUSHALL",
    "FLUSHDB",
    "CONFIG GET *",
    "CONFIG SET maxmemory 1",
    "KEYS *",
    "SCAN 0",
    "RANDOMKEY",
    "SHUTDOWN NOSAVE",
    "SCRIPT FLUSH",
    "SCRIPT KILL",
    "FUNCTION FLUSH",
    "ACL LIST",
    "ACL SETUSER parley +@all",
    "CLIENT LIST",
    "CLIENT KILL TYPE normal",
    "MONITOR",
    "SAVE",
    "BGREWRITEAOF",
    "REPLICAOF 127.0.0.1 1",
    "MODULE LIST",
    "SWAPDB 0 1",
    "SELECT 1",
    "MIGRATE 127.0.0.1 1 chat.events:{0} 0 1",
    "RENAME chat.rooms:{0} chat.rooms:{1}",
    "XGROUP DESTROY chat.rooms:{0} queue",
    "XGROUP SETID chat.rooms:{0} queue $",
    "GET others:key",
    "SET others:key 1",
    "XADD others.events * f v",
    "SUBSCRIBE others",
    "PSUBSCRIBE *",
    "PUBLISH others x",
]
NOT_TO_PUSH = [
    *FORBIDDEN,
    "GET parley:epoch",
    "XADD chat.events:{0} * f v",
    "XRANGE chat.events:{0} - +",
    f"SUBSCRIBE {LAYER_PREFIX}__group__{GROUP}",
    f"PUBLISH {LAYER_PREFIX}specific.x x",
    "EVAL 'return 1' 0",
    "INFO server",
]


@pytest.fixture(scope="module")
def own_world(tmp_path_factory):
    """A suite in which nobody else is refused anything."""
    with running_world(tmp_path_factory.mktemp("users") / "run") as world:
        yield world


@pytest.fixture
def administrator(own_world):
    with closing(Redis.from_url(own_world.suite.state.redis_url, decode_responses=True)) as client:
        yield client


def calls(administrator, command):
    return administrator.info("commandstats").get(f"cmdstat_{command}", {}).get("calls", 0)


def is_repaired(administrator):
    name, (noted, done) = (
        administrator.get("parley:epoch"),
        administrator.hmget(SNAPSHOTS.note, "epoch", "done"),
    )
    return bool(name and noted and noted.startswith(name) and done == "yes")


async def everything_that_people_do(world, administrator):
    """Chat, type, read, come and go, push, and send by way of the queue."""
    alice, bob = world.people(2)
    room = await known_room(world, alice, bob)
    wish = {"room": room, "client_id": str(uuid.uuid4()), "content": "by the queue"}
    async with world.clients([alice, bob]) as (one, other):
        typing = {"type": "typing", "room": room, "is_typing": True}
        await again_until("typing", other, lambda: one.socket.send(typing))
        seq = (await one.say(room, "hello"))["seq"]
        await other.until_seqs(room, 1)
        await other.socket.send({"type": "read_receipt", "room": room, "seq": seq})
        await one.until_marks(room, bob.id, read=seq)
        await one.socket.send({"type": "activity", "state": "away"})
        await again_until("custom", one, lambda: push(world, alice))
        async with world.http(alice, service="queue") as queue:
            assert (await queue.post("/outgoing", json=wish)).status_code == 202
        await other.until_seqs(room, 2)
        async with world.http(alice, service="presence") as presence:
            assert (await presence.get("/users", params={"ids": bob.id})).status_code == 200
    async with world.http(alice) as http:
        assert (await http.post("/auth/logout", json={})).status_code == 204


async def again_until(kind, client, act):
    """Do again what is told at most once, until it is heard: Redis may have begun a moment ago."""
    async with asyncio.timeout(SETTLED_S):
        while not any(frame["type"] == kind for frame in client.frames):
            await act()
            await asyncio.sleep(AGAIN_S)


async def push(world, person):
    """Push as other Django code does, with a client that introduces itself."""
    url = world.suite.state.redis_push_url
    layer = RedisPubSubChannelLayer(hosts=[url], prefix=LAYER_PREFIX)
    await layer.group_send(GROUP, to_layer(Pushed(user=person.id, name="test.push", data="1")))
    await layer.flush()


async def spoil_an_entry(administrator):
    """Put something on a stream that its reader gives up, and wait for that."""
    administrator.xadd("chat.receipts:{0}", {FIELD: "nonsense"})
    dead = "chat.receipts:{0}:dead:receipts"
    await until(lambda: administrator.exists(dead), what="a dead letter", within_s=SETTLED_S)


@pytest.mark.full
@pytest.mark.timeout(300)
async def test_the_services_are_refused_nothing_that_they_do(own_world, administrator):
    await everything_that_people_do(own_world, administrator)
    await spoil_an_entry(administrator)
    administrator.script_flush()
    administrator.flushall()
    await until(lambda: is_repaired(administrator), what="the repair", within_s=SETTLED_S)
    await everything_that_people_do(own_world, administrator)
    trimmed = calls(administrator, "xtrim")
    await until(
        lambda: calls(administrator, "xtrim") > trimmed, what="trimming", within_s=SETTLED_S
    )
    before_restart = refusals(own_world.suite.state.redis_url)
    with own_world.suite.stopped("redis"):
        pass
    await everything_that_people_do(own_world, administrator)

    assert before_restart == []
    assert refusals(own_world.suite.state.redis_url) == []


@pytest.mark.parametrize("command", FORBIDDEN)
def test_nobody_who_is_a_service_can_do_harm(servers, command):
    with closing(Redis.from_url(servers.redis_services_url)) as service:
        assert service.ping()
        with pytest.raises(NoPermissionError):
            service.execute_command(*command.split())


@pytest.mark.parametrize("call", ["'flushall'", "'set', 'others:key', '1'", "'keys', '*'"])
def test_a_script_may_do_no_more_than_who_runs_it(servers, call):
    with closing(Redis.from_url(servers.redis_services_url)) as service:
        assert service.eval("return redis.call('time')", 0)
        with pytest.raises(ResponseError, match="ACL failure in script"):
            service.eval(f"return redis.call({call})", 0)


@pytest.mark.parametrize("command", NOT_TO_PUSH)
def test_who_pushes_can_do_nothing_else(servers, command):
    with closing(Redis.from_url(servers.redis_push_url)) as pusher:
        assert pusher.ping()
        with pytest.raises(NoPermissionError):
            pusher.execute_command(*command.split())
