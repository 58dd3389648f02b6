"""The Python client as a wheel: what is in it, its types, and its examples beside the real suite."""

import asyncio
import contextlib
import email
import re
import uuid
import zipfile

import pytest

from clients.python import parley
from dev.version import product_version
from tests.integration.packages.elsewhere import WITHIN_S, Elsewhere, build_wheel
from tests.integration.waiting import until

PASSWORD = "quite a long password"
EXAMPLES = ("echo.py", "dice.py", "send.py")
WRONG = """\
import parley

async def misuse(chat: parley.Chat) -> None:
    await chat.send("a room", 7)
    chat.rooms["a room"].nothing
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """Somebody's own folder, in whose environment the wheel is installed."""
    return Elsewhere(tmp_path_factory.mktemp("elsewhere"), wheel)


@pytest.fixture(scope="module")
def metadata(wheel):
    """What the wheel says of itself; its body is the README."""
    with zipfile.ZipFile(wheel) as files:
        (name,) = (name for name in files.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(files.read(name))


@pytest.fixture
def quick_start(metadata):
    """The first program of the README, as whoever has the wheel reads it."""
    readme = metadata.get_payload(decode=True).decode()
    return re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0]


@pytest.fixture
async def ann(world):
    """Somebody who writes to programs."""
    async with await parley.with_token(world.url, world.person("Ann").token) as chat:
        yield chat


async def bot_user(world):
    """Sign up somebody for a program; return the username."""
    name = f"bot-{uuid.uuid4().hex[:8]}"
    chat = await parley.register(world.url, name, PASSWORD)
    await chat.close()
    return name


async def answer_to(ann, name, text):
    """Write to a program; return the message, and what is answered."""
    room = await ann.direct_room(name)
    sent = await ann.send(room.id, text)
    async with asyncio.timeout(WITHIN_S), contextlib.aclosing(ann.messages()) as messages:
        return sent, await anext(messages)


def test_it_is_the_library_alone_in_the_version_of_the_product(wheel, metadata):
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()

    assert {name.partition("/")[0] for name in names} == {
        "parley",
        f"parley_client-{product_version()}.dist-info",
    }
    assert "parley/py.typed" in names
    assert metadata["Version"] == product_version()
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert metadata["License-Expression"] == "BSD-3-Clause"


def test_its_types_are_seen_by_whoever_uses_it(elsewhere, quick_start):
    start = elsewhere.write("quick_start.py", quick_start)
    wrong = elsewhere.write("wrong.py", WRONG)

    said = elsewhere.mypy(start, wrong, *EXAMPLES)

    assert [line.rpartition("[")[2] for line in said.splitlines()] == ["arg-type]", "attr-defined]"]
    assert {line.partition(":")[0] for line in said.splitlines()} == {"wrong.py"}


async def test_the_program_of_the_readme_answers(world, elsewhere, quick_start, ann):
    name = f"echo-{uuid.uuid4().hex[:8]}"
    text = quick_start.replace("http://127.0.0.1:8000", world.url).replace('"echo"', f'"{name}"')
    start = elsewhere.write("start.py", text)

    with elsewhere.running(start):
        async with asyncio.timeout(WITHIN_S):
            while not await ann.api.users(name):
                await asyncio.sleep(0.05)
        sent, answer = await answer_to(ann, name, "hello")

    assert (answer.content, answer.reply_to) == ("hello", sent.seq)


async def test_the_echo_answers_and_has_read(world, elsewhere, ann):
    name = await bot_user(world)

    with elsewhere.running("echo.py", world.url, name, password=PASSWORD):
        sent, answer = await answer_to(ann, name, "hello")
        await until(lambda: ann.progress(answer.room, sent.seq) is parley.Progress.READ)

    assert (answer.content, answer.reply_to) == ("hello", sent.seq)


async def test_the_dice_fall_and_what_is_no_command_is_only_read(world, elsewhere, ann):
    name = await bot_user(world)

    with elsewhere.running("dice.py", world.url, name, password=PASSWORD):
        room = await ann.direct_room(name)
        await ann.send(room.id, "hello")
        sent, answer = await answer_to(ann, name, "/roll 3d1")

    assert (answer.content, answer.reply_to) == ("1 + 1 + 1 = 3", sent.seq)


async def test_a_script_ends_well_once_its_message_is_stored(world, elsewhere, ann):
    name = await bot_user(world)
    me = (await ann.api.me()).user.username

    done = elsewhere.ends("send.py", world.url, name, me, "It is up.", password=PASSWORD)
    async with asyncio.timeout(WITHIN_S), contextlib.aclosing(ann.messages()) as messages:
        message = await anext(messages)

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, message.id, "")
    assert message.content == "It is up."


@pytest.mark.parametrize(
    ("password", "to", "code"),
    [("wrong", "somebody", "unauthenticated"), (PASSWORD, "nobody-of-this-name", "bad_frame")],
)
async def test_a_script_says_why_not(world, elsewhere, password, to, code):
    name = await bot_user(world)

    done = elsewhere.ends("send.py", world.url, name, to, "It is up.", password=password)

    assert done.returncode == 1
    assert done.stderr.startswith(f"{code}: ")
