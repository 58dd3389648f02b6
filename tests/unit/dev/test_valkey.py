import re
from fnmatch import fnmatchcase
from hashlib import sha256

import pytest

from dev.valkey import PUSH_USER, SERVICES_USER, USERS, users
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
