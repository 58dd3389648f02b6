from libs.common.config import EX_CONFIG
from libs.common.doctor.checks import Verdict
from libs.common.doctor.rules.migrations import CommandFacts, judge_command
from tests.unit.libs.doctor.facts import worse

PLAN = """\
Planned operations:
chat.0007_avatars
    Add field avatar to user
chat.0008_audit
    Create model Entry
"""
SETTINGS = """\
The configuration is not usable:
  SECRET_KEY: Value should have at least 50 items
  VAPID_SUBJECT: is no address
"""


def judged(**facts):
    return [*judge_command(CommandFacts(service="chat", **facts))]


def test_a_service_that_is_migrated_is_fine():
    assert worse(judged(status=0)) == []


def test_what_is_missing_is_counted_and_the_first_is_named_with_the_cure():
    (missing,) = [each for each in judged(status=1, output=PLAN) if each.verdict is Verdict.WRONG]

    assert missing.check.name == "database.migrations"
    assert missing.seen == "2 migrations are missing, from chat.0007_avatars on."
    assert "python -m services.chat migrate" in missing.do


def test_each_setting_that_is_wrong_is_named_and_nothing_is_said_of_migrations():
    found = judged(status=EX_CONFIG, errors=SETTINGS)

    assert worse(found) == [("settings", Verdict.WRONG)] * 2
    assert [each.seen.partition(":")[0] for each in found] == ["SECRET_KEY", "VAPID_SUBJECT"]


def test_without_a_database_nothing_is_said_against_migrations():
    found = judged(status=1, errors="Traceback …", is_reached=False)

    assert worse(found) == [("database.migrations", Verdict.LOOK)]


def test_a_command_that_fails_otherwise_is_wrong():
    found = judged(status=1, errors="Traceback …")

    assert worse(found) == [("database.migrations", Verdict.WRONG)]
    assert "Traceback" not in "".join(each.seen for each in found)


def test_a_command_that_does_not_end_is_to_be_looked_at():
    assert worse(judged(status=None)) == [("database.migrations", Verdict.LOOK)]
