"""What is said to who starts a second copy in one folder."""

import shlex

from dev.ownership import explain_taken


def test_the_way_to_another_copy_can_be_pasted_whatever_the_folder_is_called(tmp_path):
    folder = tmp_path / "my chat"

    told = explain_taken(folder).rpartition("make up ")[2]

    assert shlex.split(told) == ["PORT=8001", f"RUN_DIR={folder}-8001"]
