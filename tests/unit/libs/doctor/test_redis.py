"""What is said of Redis, and that the doctor tries what the services may do, no less."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dev.settings import ROOT
from libs.common.doctor.asking.redis import CHANNELS, ON_ITS_OWN, PROBES, WHOLE, facts_of
from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules.redis import judge_redis
from tests.unit.libs.doctor.facts import REDIS, worse

USERS = ROOT / "libs" / "common" / "redis_users.acl"


def judged(**changed):
    return worse([*judge_redis(replace(REDIS, **changed))])


def services_user():
    (user,) = re.findall(r"^user parley .*?(?=^user )", USERS.read_text(), re.M | re.S)
    return re.sub(r"^#.*$", "", user, flags=re.M)


def test_a_redis_as_it_should_be_is_fine():
    assert judged() == []


@pytest.mark.parametrize(
    ("changed", "check", "verdict"),
    [
        ({"mode": "cluster"}, "redis", Verdict.WRONG),
        ({"mode": "sentinel"}, "redis", Verdict.WRONG),
        ({"is_replica": True}, "redis", Verdict.WRONG),
        ({"refuses": "full"}, "redis.writes", Verdict.WRONG),
        ({"refuses": "disk"}, "redis.writes", Verdict.WRONG),
        ({"variant": "Redis", "version": "6.2.14"}, "redis.version", Verdict.WRONG),
        ({"variant": "Redis", "version": "7.4.1"}, "redis.version", Verdict.LOOK),
        ({"version": "8.1.0"}, "redis.version", Verdict.LOOK),
        ({"appends": False}, "redis.persistence", Verdict.LOOK),
        ({"writes_well": False}, "redis.persistence", Verdict.WRONG),
        ({"eviction": "allkeys-lru"}, "redis.eviction", Verdict.WRONG),
        ({"eviction": None}, "redis.eviction", Verdict.LOOK),
        ({"used_bytes": 750}, "redis.memory", Verdict.LOOK),
        ({"used_bytes": 900}, "redis.memory", Verdict.WRONG),
        ({"user": "default"}, "redis.user", Verdict.LOOK),
        ({"refused": ["xack"]}, "redis.user", Verdict.WRONG),
        ({"ahead_s": 1.1}, "redis.clock", Verdict.LOOK),
        ({"best_ms": 51.0}, "redis.latency", Verdict.LOOK),
    ],
)
def test_one_thing_that_is_not_as_it_should_be_is_named_alone(changed, check, verdict):
    assert judged(**changed) == [(check, verdict)]


@pytest.mark.parametrize(
    "changed",
    [
        {"variant": "Redis", "version": "8.0.1"},
        {"appends": False, "replicas": 1},
        {"max_bytes": 0, "used_bytes": 10_000},
        {"used_bytes": 749},
    ],
)
def test_what_is_just_good_enough_is_fine(changed):
    assert judged(**changed) == []


def test_what_info_does_not_say_is_not_made_up():
    facts = facts_of({}, user="parley", refused=[], refuses=None, ahead_s=0, best_ms=0)

    assert (facts.variant, facts.mode, facts.eviction) == ("Redis", "standalone", None)
    assert facts.writes_well


@pytest.mark.parametrize("status", ["aof_last_write_status", "aof_last_bgrewrite_status"])
def test_a_file_that_could_not_be_written_is_seen(status):
    info = {"rdb_last_bgsave_status": "ok", status: "err"}

    facts = facts_of(info, user="parley", refused=[], refuses=None, ahead_s=0, best_ms=0)

    assert not facts.writes_well


def test_every_command_of_the_services_is_tried_and_no_other():
    allowed = re.findall(r"\+(\S+)", services_user())

    assert sorted([*PROBES, *WHOLE, *ON_ITS_OWN]) == sorted(allowed)


def test_the_channels_of_the_services_are_tried():
    allowed = re.findall(r"&(\S+)", services_user())

    assert len(allowed) == len(CHANNELS)
    assert all(any(Path(channel).match(each) for channel in CHANNELS) for each in allowed)
