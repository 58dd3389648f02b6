"""``python -IS libs/common/healthcheck.py``: ends with 0 where the process of this container is ready.

It asks ``/readyz`` of ``INTERNAL_PORT``. A container is asked every few seconds for as long as it
lives, so nothing is imported that takes long.
"""

import os
import socket
import sys

WITHIN_S = 2.0
"""How long the answer may take; below what the platform waits for this program."""
REQUEST = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
READY = b"HTTP/1.1 200 "


def is_ready(port: int) -> bool:
    """Say whether ``/readyz`` of a port on this machine answers 200 in time."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as connection:
            connection.sendall(REQUEST)
            return connection.recv(len(READY), socket.MSG_WAITALL) == READY
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_ready(int(os.environ["INTERNAL_PORT"])) else 1)
