"""The page about backups has people type what the tests of it run."""

import re

from tests.containers import backup as in_compose
from tests.integration.restoring import backup as on_a_suite
from tests.unit.docs import pages

PAGE = (pages.DOCS / "back-up-and-restore.md").read_text(encoding="utf-8")
ALL = ("receipts", "queue", "presence", "chat")


def test_chat_is_saved_last_there_and_by_both_tests():
    loops = re.findall(r"^\$ for each in ([a-z ]+); do\n>   .* pg_(\w+) ", PAGE, re.MULTILINE)

    assert [(tuple(names.split()), program) for names, program in loops] == [
        (ALL, "dump"),
        (ALL, "restore"),
    ]
    assert in_compose.SAVED == on_a_suite.ORDER == ALL


def test_it_empties_redis_and_compares_as_the_test_does():
    assert f"sh -c '{in_compose.EMPTY_REDIS}'" in PAGE
    assert f"receipts {' '.join(in_compose.RECONCILE)} " in PAGE


def test_a_restore_forgets_the_safe_points_of_both_who_have_one():
    assert "for each in chat receipts; do" in PAGE
    assert "--command='delete from safe_point'" in PAGE
