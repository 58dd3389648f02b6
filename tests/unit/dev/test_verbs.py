"""What `make test` runs, and how lists of commands are run."""

import sys

from dev import verbs
from dev.settings import ROOT

FOLDERS = ROOT / "tests"


def part(name, code):
    return verbs.Part(name=name, command=(sys.executable, "-c", code))


def test_what_is_marked_for_both_servers_also_runs_with_daphne():
    parts = [part for part in verbs.tests_beside() if "both_servers" in part.command]

    folders = [folder for part in parts for folder in part.command if folder.startswith("tests/")]
    assert folders == ["tests/integration", "tests/faults", "tests/e2e"]
    assert all(part.extra == {"SERVER": "daphne"} for part in parts)


def test_every_folder_of_tests_is_run_once_with_the_usual_server():
    parts = [part for part in (*verbs.tests(), *verbs.tests_beside()) if not part.extra]

    run = [name for part in parts for name in part.command if name.startswith("tests/")]
    there = {f"tests/{path.relative_to(FOLDERS).parts[0]}" for path in FOLDERS.rglob("test_*.py")}
    assert sorted(run) == sorted(there)


def test_what_runs_beside_is_shown_behind_the_rest(capfd):
    shown_part = part("shown", "print('rest')")
    beside = [part("first", "print('one')"), part("second", "print('two')")]

    status = verbs.run_all([shown_part], beside=beside)

    shown = [line for line in capfd.readouterr().out.splitlines() if " s  " not in line]
    assert status == 0
    assert shown == ["── shown", "rest", "── first", "one", "── second", "two", ""]


def test_one_part_that_fails_fails_all_and_hides_none(capfd):
    bad, good = part("bad", "raise SystemExit(3)"), part("good", "print('here')")

    alone = verbs.run_all([bad, good])
    beside = verbs.run_all([good], beside=[bad, good])

    text = capfd.readouterr().out
    assert (alone, beside, text.count("here")) == (1, 1, 3)
    assert [line.split()[0] for line in text.splitlines() if " s  " in line] == [
        *("FAILED", "ok"),
        *("ok", "FAILED", "ok"),
    ]
