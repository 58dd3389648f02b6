"""Pushes from a Django process that has nothing of Parley but one file and the way to Redis."""

import asyncio
import shutil
import subprocess
import sys
import uuid

import pytest

from clients.django import parley_push
from dev.settings import ROOT
from libs.common.control import GROUP
from tests.integration.chat.control_layer import layer, overheard, summed
from tests.integration.chat.world import WITHIN_S

SETTINGS = """
SECRET_KEY = "of-another-project"
INSTALLED_APPS = ["channels"]
CHANNEL_LAYERS = {{
    "parley": {{
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {{"hosts": ["{redis_url}"], "prefix": "parley"}},
    }},
}}
"""
PROGRAM = """
import asyncio, importlib.util, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
assert importlib.util.find_spec("libs") is None and importlib.util.find_spec("services") is None
import django
django.setup()
import parley_push
user = sys.argv[1]
parley_push.push_to_user(user, "shop.order", {"order": 7, "note": "h\\u00e4, \\U0001f600"})
parley_push.push_to_user(user.upper(), "shop.paid", None)

async def main():
    await parley_push.apush_to_user(user, "shop.sent", [1, 2.5, "x" * 32_000])
    await parley_push.apush_to_user(user, "shop.done", True)

asyncio.run(main())
"""


def push_from_elsewhere(folder, redis_url, *arguments):
    (folder / "settings.py").write_text(SETTINGS.format(redis_url=redis_url))
    (folder / "program.py").write_text(PROGRAM)
    shutil.copy(ROOT / "clients/django/parley_push.py", folder)
    return subprocess.run(
        [sys.executable, "-W", "error", "program.py", *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S * 2,
    )


def customs(client):
    return [frame for frame in client.frames if frame["type"] == "custom"]


async def four_customs(client):
    await client.until(lambda: len(customs(client)) >= 4, what="four pushes")
    return [(frame["name"], frame["data"]) for frame in customs(client)]


async def test_another_django_process_pushes_to_every_open_chat_of_a_user(world, tmp_path):
    alice, bob = world.person(), world.person()
    push_url = world.suite.state.redis_push_url

    async with (
        overheard(world.suite.state.redis_url, about=alice.id) as following,
        world.clients([alice], each=2) as both,
        world.client(bob) as other,
    ):
        done = await asyncio.to_thread(push_from_elsewhere, tmp_path, push_url, alice.id)
        got = [await four_customs(client) for client in both]
        await other.ask({"type": "ping"})
        first = await following()

    assert (done.returncode, done.stderr) == (0, "")
    assert got == [
        [
            ("shop.order", {"order": 7, "note": "hä, \U0001f600"}),
            ("shop.paid", None),
            ("shop.sent", [1, 2.5, "x" * 32_000]),
            ("shop.done", True),
        ]
    ] * len(world.chats)
    assert customs(other) == []
    assert first == parley_push._message(alice.id, *got[0][0])


async def test_a_push_to_nobody_is_lost_and_raises_nothing(world, tmp_path):
    push_url = world.suite.state.redis_push_url
    before = await summed(world, "parley_signals_received_total")

    done = await asyncio.to_thread(push_from_elsewhere, tmp_path, push_url, str(uuid.uuid4()))

    assert (done.returncode, done.stderr) == (0, "")
    async with asyncio.timeout(WITHIN_S):
        while await summed(world, "parley_signals_received_total") < before + 4 * len(world.chats):
            await asyncio.sleep(0.02)


async def test_a_push_that_redis_does_not_take_raises(tmp_path):
    nobody = "redis://127.0.0.1:1/0"

    done = await asyncio.to_thread(push_from_elsewhere, tmp_path, nobody, str(uuid.uuid4()))

    assert done.returncode == 1
    assert "PushFailed: ConnectionError" in done.stderr


@pytest.mark.parametrize("name", ["parley.update", "order", "Shop.Order", "shop.order\n"])
async def test_chat_checks_again_what_is_pushed(world, name):
    alice = world.person()
    before = await summed(world, "parley_signals_bad_total")
    good = {"type": "custom", "user": alice.id, "name": "shop.order", "data": "1"}

    async with world.client(alice) as client:
        async with layer(world.suite.state.redis_url) as opened:
            await opened.group_send(GROUP, good | {"name": name})
            await opened.group_send(GROUP, good)
        await client.until_type("custom")

    assert [frame["name"] for frame in customs(client)] == ["shop.order"]
    async with asyncio.timeout(WITHIN_S):
        while await summed(world, "parley_signals_bad_total") < before + len(world.chats):
            await asyncio.sleep(0.02)
