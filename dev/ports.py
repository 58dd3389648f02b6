"""Choosing TCP ports on loopback.

Below the range from which the kernel takes the source ports of outgoing connections: a server
that comes back after a crash must not find its port used by somebody's client. A port that was
chosen is claimed until the process that chose it ends: it is nobody else's while its server is down.
"""

import errno
import random
import socket
from collections.abc import Collection

from dev.errors import CannotStart

LOOPBACK = "127.0.0.1"
MAX_PORT = 65_535
LOWEST_PORT = 20_000
HIGHEST_PORT = 32_000
"""Linux takes source ports from 32768 on, other systems from higher up."""
TRIES = 500
NEARBY = 50
"""How many ports behind one that is taken are looked at for another."""


def is_taken(port: int) -> bool:
    """Say whether something listens on the port already.

    Raises:
        OSError: the port cannot be used for another reason (below 1024, for instance).
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def check_free(port: int) -> None:
    """Refuse a port that somebody chose and that something listens on; 0 stands for any.

    Raises:
        CannotStart: it is taken, or cannot be used; where one nearby is free, the text names it.
    """
    try:
        if port == 0 or not is_taken(port):
            return
    except OSError as error:
        raise CannotStart(f"Port {port} cannot be used: {error.strerror}.") from error
    nearby = next((each for each in range(port + 1, port + NEARBY) if is_usable(each)), "…")
    raise CannotStart(f"Port {port} is taken. Choose another one: make up PORT={nearby}")


def is_usable(port: int) -> bool:
    """Say whether a port is free, and one that this user may take."""
    try:
        return port <= MAX_PORT and not is_taken(port)
    except OSError:
        return False


def claim(port: int) -> bool:
    """Keep a port for this process as long as it lives; False where another one has it.

    UDP's port of the same number stands for TCP's, which a server is to use: nothing here speaks
    UDP, and the kernel takes the claim back however the process ends.
    """
    standing_for = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        standing_for.bind((LOOPBACK, port))
    except OSError:
        standing_for.close()
        return False
    standing_for.detach()  # open until the process ends
    return True


def take(port: int) -> bool:
    """Claim a port that nothing uses; False where something does, or another process has it."""
    return not is_taken(port) and claim(port)


def free_port(avoid: Collection[int] = ()) -> int:
    """Return a port that nothing uses or claims and that is not in ``avoid``; it is claimed.

    Raises:
        RuntimeError: there is none, which means that the machine is in trouble.
    """
    for _ in range(TRIES):
        # A guess at random, so that two copies that start together look in different places.
        port = random.randint(LOWEST_PORT, HIGHEST_PORT)  # noqa: S311 - no secret
        if port not in avoid and take(port):
            return port
    raise RuntimeError("no free port on 127.0.0.1")
