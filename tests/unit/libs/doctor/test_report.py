import json

from libs.common.doctor import checks, report
from libs.common.doctor.checks import Verdict

FOUND = [
    checks.DATABASE_VERSION.ok("chat", "It is PostgreSQL 18."),
    checks.DATABASE_VERSION.ok("queue", "It is PostgreSQL 18."),
    checks.STREAMS_LAG.look("chat.rooms:{0}", "It is behind.", "Look."),
]


def test_those_that_say_the_same_are_one_line_and_what_to_do_has_its_page():
    lines = report.readable(FOUND).splitlines()

    assert lines[0].split() == [
        "ok",
        "database.version",
        "chat,",
        "queue:",
        "It",
        "is",
        "PostgreSQL",
        "18.",
    ]
    assert lines[2].strip() == "→ Look. (docs/runbooks/ConsumerLags.md)"
    assert lines[-1] == "3 looked at: 0 wrong, 1 to look at."


def test_machines_get_each_of_them():
    said = json.loads(report.for_machines(FOUND))

    assert said["verdict"] == "look at this"
    assert [each["about"] for each in said["findings"]] == ["chat", "queue", "chat.rooms:{0}"]


def test_the_worst_one_counts():
    wrong = checks.REDIS.wrong("", "It is away.", "Start it.")

    assert report.worst([*FOUND, wrong]) is Verdict.WRONG
    assert report.worst(FOUND) is Verdict.LOOK
    assert report.worst(FOUND[:2]) is Verdict.OK


def test_what_may_not_be_told_is_hidden_the_longest_first():
    assert report.without("it was long-secret", ["long", "long-secret", "it"]) == "it was [hidden]"
