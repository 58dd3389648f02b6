"""What is read of control groups, of either version, and of quantities."""

import os

import pytest

from tests.kubernetes.memory import as_bytes, group_of, mib, working_set


@pytest.mark.parametrize(
    ("usage", "inactive"),
    [("memory.usage_in_bytes", "total_inactive_file"), ("memory.current", "inactive_file")],
)
def test_files_that_could_be_dropped_do_not_count(tmp_path, usage, inactive):
    (tmp_path / usage).write_text("3000\n")
    (tmp_path / "memory.stat").write_text(f"anon 100\n{inactive} 1000\n")

    assert working_set(tmp_path) == 2000


def test_a_process_has_a_group_that_tells_of_its_memory():
    assert any(group_of(os.getpid()).glob("memory.*"))


def test_a_quantity_is_read_as_it_is_said():
    assert (as_bytes("1Gi"), as_bytes("384Mi")) == (2**30, 384 * 2**20)
    assert mib(as_bytes("384Mi")) == "384 Mi"
