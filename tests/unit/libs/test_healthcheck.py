import socket
import subprocess
import sys
from threading import Thread

import pytest

from dev.settings import ROOT
from libs.common import healthcheck

PROGRAM = ROOT / "libs" / "common" / "healthcheck.py"


@pytest.fixture
def answering():
    """Answer one request with what is asked for; return the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def begin(answer):
            def serve():
                connection, _ = server.accept()
                with connection:
                    connection.recv(1024)
                    connection.sendall(answer)

            Thread(target=serve, daemon=True).start()
            return server.getsockname()[1]

        yield begin


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n{}", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"HTTP/1.1 2", False),
        (b"", False),
    ],
)
def test_only_200_is_ready(answering, answer, ready):
    assert healthcheck.is_ready(answering(answer)) is ready


def test_as_a_program_it_says_so_by_its_status(answering):
    port = answering(b"HTTP/1.1 200 OK\r\n\r\n")
    command = [sys.executable, "-IS", str(PROGRAM)]

    first = subprocess.run(command, env={"INTERNAL_PORT": str(port)}, check=False)
    without = subprocess.run(command, env={"INTERNAL_PORT": "1"}, check=False)

    assert (first.returncode, without.returncode) == (0, 1)
