import resource
import subprocess
import sys

import pytest

from libs.common.open_files import KEPT_FOR_OTHERS, most_connections

RAISE = """
import resource
from libs.common.open_files import limit, raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 128))
raise_limit()
print(limit())
"""


def test_a_process_takes_as_many_files_as_it_may_have():
    done = subprocess.run(
        [sys.executable, "-c", RAISE], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == ["128"]


@pytest.mark.parametrize(
    ("files", "most"),
    [
        (100_000, 10_000),
        (resource.RLIM_INFINITY, 10_000),
        (1_024, 1_024 - KEPT_FOR_OTHERS),
        (100, 1),
    ],
)
def test_connections_have_to_fit_into_the_open_files(files, most):
    assert most_connections(10_000, files=files) == most
