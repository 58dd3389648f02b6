import json

import pytest

from dev.locks import forget_addresses
from dev.settings import ROOT

LOCKS = [*ROOT.glob("requirements/*.lock"), ROOT / "clients/web/package-lock.json"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_no_address(lock):
    assert "://" not in lock.read_text(encoding="utf-8")


def test_only_what_asks_for_money_is_taken_out_of_a_lock(tmp_path):
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": {"a": {"version": "1", "funding": {"url": "x://y"}}}}))

    forget_addresses(lock)

    assert json.loads(lock.read_text()) == {"packages": {"a": {"version": "1"}}}
