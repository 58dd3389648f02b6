"""What `make test` runs."""

from dev import verbs


def test_what_is_marked_for_both_servers_also_runs_with_daphne():
    parts = [part for part in verbs.tests() if "both_servers" in part.command]

    folders = [folder for part in parts for folder in part.command if folder.startswith("tests/")]
    assert folders == ["tests/integration", "tests/faults", "tests/e2e"]
    assert all(part.extra == {"SERVER": "daphne"} for part in parts)
