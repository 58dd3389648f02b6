"""What the services may do in Redis is what they do there, no less and no more."""

import re
from fnmatch import fnmatchcase
from hashlib import sha256

import pytest

from dev.redis_users import PUSH_USER, SERVICES_USER, USERS, administrator, users
from dev.settings import ROOT
from libs.common.control import GROUP, LAYER_PREFIX
from libs.common.streams.epoch import EPOCH_KEY
from libs.common.streams.names import cut_off_key, dead_letter_key, failures_key, stream_key
from services.chat import store as chat
from services.presence import store as presence
from services.queue import store as queue
from services.receipts import store as receipts

PASSWORDS = {SERVICES_USER: "of the services", PUSH_USER: "of who pushes"}
LINES = dict(zip(PASSWORDS, users(PASSWORDS), strict=True))
PATTERNS = re.findall(r"~(\S+)", LINES[SERVICES_USER])
STORES = {"chat": chat, "presence": presence, "queue": queue, "receipts": receipts}

CALLS = {
    "aclose": (),
    "call": (),
    "pcall": (),
    "execute": ("exec",),
    "pipeline": ("multi",),
    "register_script": ("evalsha", "script|load"),
    "xpending_range": ("xpending",),
}
"""What methods of the client that are no commands, or not quite, come to."""
NOT_CALLED_HERE = {
    *("subscribe", "unsubscribe", "publish"),  # by the channel layer
    "ping",  # by whoever looks whether Redis is there
}
DOCTOR = ROOT / "libs" / "common" / "doctor"
"""It tries what is on the list, and may put nothing there."""
CONTAINERS = {"xinfo", "xgroup", "script", "client"}
METHOD = re.compile(r"\b_?(?:redis|pipeline)\.([a-z_]+)\(")
SCRIPTED = re.compile(r"call\('([A-Za-z]+)'(?:, '([A-Za-z]+)')?")


def called():
    """Return every command that the sources call, by a client or in a script."""
    found: set[str] = set()
    for path in [path for top in ("libs", "services") for path in (ROOT / top).rglob("*")]:
        if path.suffix in {".py", ".lua"} and DOCTOR not in path.parents:
            text = path.read_text(encoding="utf-8")
            for name in METHOD.findall(text):
                found.update(CALLS.get(name, (command_of(name),)))
            for name, word in SCRIPTED.findall(text):
                is_container = name.lower() in CONTAINERS
                found.add(f"{name}|{word}".lower() if is_container else name.lower())
    return found


def command_of(method):
    first, _, rest = method.partition("_")
    return f"{first}|{rest}" if first in CONTAINERS else method


def test_what_the_services_call_they_may_and_nothing_else():
    allowed = set(re.findall(r"\+(\S+)", LINES[SERVICES_USER]))

    assert allowed == called() | NOT_CALLED_HERE


@pytest.mark.parametrize("key", ["celery", "sessions:1", "chat.events", "parley:other", "x.chat.y"])
def test_keys_of_others_are_not_theirs(key):
    assert not any(fnmatchcase(key, pattern) for pattern in PATTERNS)


@pytest.mark.parametrize("user", PASSWORDS)
def test_the_group_of_signals_is_named_in_full(user):
    assert f"&{LAYER_PREFIX}__group__{GROUP} " in LINES[user]


@pytest.mark.parametrize("user", PASSWORDS)
def test_the_configuration_holds_a_user_and_the_digest_of_their_password(user):
    digest = sha256(PASSWORDS[user].encode()).hexdigest()

    assert LINES[user].startswith(f"user {user} on #{digest} resetkeys resetchannels nocommands ")
    assert "@" not in LINES[user]
    assert PASSWORDS[user] not in LINES[user]


@pytest.mark.parametrize("user", PASSWORDS)
def test_a_user_may_only_what_is_named(user):
    rules = LINES[user].split()[4:]

    assert not {"allkeys", "allchannels", "allcommands", "nopass", "~*", "&*"}.intersection(rules)
    assert all(rule[0] in "~&+" for rule in rules[3:])


@pytest.mark.parametrize("service", STORES)
def test_every_key_of_a_service_is_one_that_the_services_may_use(service):
    streams = [stream_key(name, partition=7) for name in STORES[service].STREAMS]
    derived = [
        make
        for key in streams
        for make in (key, dead_letter_key(key, "g"), failures_key(key, "g"), cut_off_key(key))
    ]
    others = re.findall(r"^\| ``([a-z][^`]*)``", STORES[service].__doc__ or "", re.MULTILINE)

    assert others
    assert [
        key
        for key in (*derived, *others, EPOCH_KEY)
        if not any(fnmatchcase(key, pattern) for pattern in PATTERNS)
    ] == []


def test_whoever_writes_the_file_by_hand_knows_where_passwords_go():
    rules = [line for line in USERS.read_text().splitlines() if not line.startswith("#")]

    assert sum("@password@" in line for line in rules) == len(PASSWORDS)


def test_the_administrators_line_holds_a_digest_and_may_everything():
    line = administrator("of the administrator")

    assert line.startswith(f"user default on #{sha256(b'of the administrator').hexdigest()} ")
    assert line.endswith(" ~* &* +@all")
