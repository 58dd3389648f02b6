import asyncio
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import uvicorn

from dev.settings import ROOT
from libs.common import program


def test_uvicorn_keeps_idle_connections_longer_than_clients_do(monkeypatch):
    # It would change the loggers of this whole process.
    monkeypatch.setattr(uvicorn.Config, "configure_logging", lambda _: None)
    parts: Any = SimpleNamespace(
        application=None, sockets=None, drain=None, process=SimpleNamespace(begin_to_stop=None)
    )
    settings: Any = SimpleNamespace(host="127.0.0.1", port=0)

    server: Any = program.uvicorn(parts, settings)

    kept_s = httpx.Limits().keepalive_expiry
    assert kept_s is not None
    assert server.config.timeout_keep_alive == program.KEEP_ALIVE_S > kept_s


def seen_from(client: str, forwarded: str, *, trusted: list[str]) -> str:
    """Return the address that an application sees of a request."""
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])

    assembled = program.Assembled(process=cast(Any, None), application=application)
    headers = [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "websocket", "client": (client, 50_000), "headers": headers}
    behind = program.behind_proxies(assembled, trusted)
    asyncio.run(behind.application(scope, None, None))
    return seen[0]


@pytest.mark.parametrize(
    ("client", "forwarded", "seen"),
    [
        ("10.0.0.9", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.9", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.9", "198.51.100.1, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
    ],
)
def test_only_a_trusted_proxy_says_where_somebody_comes_from(client, forwarded, seen):
    assert seen_from(client, forwarded, trusted=["10.0.0.0/8"]) == seen


def test_where_no_proxy_is_trusted_who_connects_is_the_client():
    assert seen_from("127.0.0.1", "203.0.113.7", trusted=[]) == "127.0.0.1"


STARTING = """
import time
from libs.common import program

def load_settings():
    print("starting", flush=True)
    time.sleep(60)

program.run("services.presence", load_settings=load_settings, assemble=None)
"""


def test_who_is_told_to_end_while_starting_ends_at_once():
    command = [sys.executable, "-c", STARTING]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "starting\n"

        process.terminate()

        assert process.wait(timeout=30) == 128 + signal.SIGTERM


def test_one_that_hangs_writes_down_where_and_goes_on():
    command = [sys.executable, "-c", STARTING]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "starting\n"

        process.send_signal(signal.SIGUSR1)

        stack = [process.stderr.readline() for _ in range(2)]
        assert "most recent call first" in stack[0]
        assert "load_settings" in stack[1]
        assert process.poll() is None
        process.kill()
