import json
import re
from collections import defaultdict

import pytest

from dev.locks import ALONE, GROUPS, forget_addresses
from dev.settings import ROOT

NPM = ("clients/web", "benchmarks/socketio", "dev/k8s/schemas", "dev/docs/diagrams")
LOCKS = [
    *ROOT.glob("requirements/*.lock"),
    *(ROOT / folder / "package-lock.json" for folder in NPM),
]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_holds_no_address(lock):
    assert "://" not in lock.read_text(encoding="utf-8")


def test_locks_that_hold_the_same_package_hold_the_same_versions():
    # A lock may hold two of one package: one for older Pythons, one for newer ones.
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for lock in ROOT.glob("requirements/*.lock"):
        if lock.stem in ALONE:
            continue
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE):
            found[name].setdefault(lock.stem, set()).add(version)

    apart = {
        name: locks for name, locks in found.items() if len(set(map(frozenset, locks.values()))) > 1
    }

    assert apart == {}
    assert {"client", "checks"} <= found["httpx"].keys()


def test_every_group_has_its_lock_and_every_lock_its_group():
    written = {"product", *GROUPS, *ALONE}

    assert {lock.stem for lock in ROOT.glob("requirements/*.lock")} == written


def test_only_what_asks_for_money_is_taken_out_of_a_lock(tmp_path):
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": {"a": {"version": "1", "funding": {"url": "x://y"}}}}))

    forget_addresses(lock)

    assert json.loads(lock.read_text()) == {"packages": {"a": {"version": "1"}}}
