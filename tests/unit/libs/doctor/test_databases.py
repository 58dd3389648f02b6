from dataclasses import replace

import pytest

from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules.databases import (
    UNREACHABLE,
    judge_database,
    judge_unreachable,
    kind_of,
)
from tests.unit.libs.doctor.facts import DATABASE, worse


def judged(**changed):
    return worse([*judge_database(replace(DATABASE, **changed))])


def test_a_database_as_it_should_be_is_fine():
    assert judged() == []


@pytest.mark.parametrize(
    ("changed", "check", "verdict"),
    [
        ({"is_standby": True}, "database", Verdict.WRONG),
        ({"version": 130_012}, "database.version", Verdict.WRONG),
        ({"version": 140_001}, "database.version", Verdict.LOOK),
        ({"version": 170_004}, "database.version", Verdict.LOOK),
        ({"fsync": "off"}, "database.durability", Verdict.WRONG),
        ({"synchronous_commit": "off"}, "database.durability", Verdict.WRONG),
        ({"synchronous_commit": "local"}, "database.durability", Verdict.LOOK),
        ({"full_page_writes": "off"}, "database.durability", Verdict.LOOK),
        ({"connections": 158}, "database.connections", Verdict.LOOK),
        ({"connections": 188}, "database.connections", Verdict.WRONG),
        ({"oldest_transaction_s": 60.0}, "database.transactions", Verdict.LOOK),
        ({"oldest_transaction_s": 900.0}, "database.transactions", Verdict.WRONG),
        ({"ahead_s": 1.1}, "database.clock", Verdict.LOOK),
        ({"ahead_s": -31.0}, "database.clock", Verdict.WRONG),
        ({"best_ms": 51.0}, "database.latency", Verdict.LOOK),
    ],
)
def test_one_thing_that_is_not_as_it_should_be_is_named_alone(changed, check, verdict):
    assert judged(**changed) == [(check, verdict)]


@pytest.mark.parametrize(
    "changed",
    [
        {"synchronous_commit": "remote_apply"},
        {"connections": 157},
        {"oldest_transaction_s": 59.0},
        {"ahead_s": -0.9},
        {"best_ms": 49.0},
    ],
)
def test_what_is_just_good_enough_is_fine(changed):
    assert judged(**changed) == []


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('FATAL:  password authentication failed for user "parley_chat"', "password"),
        ('FATAL:  role "parley" does not exist', "password"),
        ('FATAL:  database "parley_chat" does not exist', "database"),
        ('FATAL:  permission denied for database "parley_chat"', "permission"),
        ("FATAL:  sorry, too many clients already", "full"),
        ("connection to server failed: Connection refused", "away"),
        ("no answer", "away"),
        ("server does not support SSL, but SSL was required", "tls"),
        ("certificate verify failed", "tls"),
        ("something new", "other"),
    ],
)
def test_what_libpq_says_is_classified_and_not_repeated(said, kind):
    assert kind_of(said) == kind
    finding = judge_unreachable("chat", kind)
    assert finding.verdict is Verdict.WRONG
    assert said not in finding.seen + finding.do


def test_every_kind_has_a_cure():
    assert all(seen and do for seen, do in UNREACHABLE.values())
