"""PostgreSQL's disk is full under traffic: sends are refused, and nothing that was acked is lost."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from dev.harness import RunningSuite
from dev.postgres import NAME
from tests.faults.conftest import ENVIRONMENT
from tests.faults.test_postgres import is_unavailable
from tests.faults.waiting import WITHIN_S

pytestmark = [pytest.mark.long(35), pytest.mark.own_suite("its disk is a small one")]

DISK_MIB = 320
ENTER_ONLY = 0o711
CHUNK = bytes(1024 * 1024)
REFUSALS = 3
LONG = "x" * 4000
MOUNT, UNMOUNT = (shutil.which(name) or name for name in ("mount", "umount"))


@pytest.fixture(scope="module")
def disk():
    """A small disk of its own, where PostgreSQL's account can enter."""
    with TemporaryDirectory(prefix="parley-disk-", ignore_cleanup_errors=True) as folder:
        run_dir = Path(folder)
        run_dir.chmod(ENTER_ONLY)
        yield from mounted_at(run_dir / NAME)


def mounted_at(disk):
    disk.mkdir()
    size = f"size={DISK_MIB}m"
    mounted = os.geteuid() == 0 and subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=False, capture_output=True
    )
    if not mounted or mounted.returncode != 0:
        pytest.skip("NOT TESTED: a full disk. It takes root, and the right to mount a tmpfs.")
    yield disk
    subprocess.run([UNMOUNT, "--lazy", str(disk)], check=True)


@pytest.fixture(scope="module")
def faulty_suite(disk):
    """A suite whose PostgreSQL has its files there."""
    running = RunningSuite.start(disk.parent, chat_processes=2, env=ENVIRONMENT)
    yield running
    assert running.stop() == 0, running.log


def fill(disk):
    """Leave no byte free; return what took them."""
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(CHUNK)
    except OSError:
        return ballast


async def test_a_full_disk_refuses_sends_and_loses_nothing(stage, pair, disk):
    prober = await stage.prober(pair.ann, pair.room)

    async with stage.traffic(*pair.places):
        await stage.acks(30)
        ballast = await asyncio.to_thread(fill, disk)
        try:
            answers = await answers_until_refused(prober)
        finally:
            ballast.unlink()
        for client_id in prober.sent:
            await prober.ask_until_acked(client_id)
        await stage.acks(30)

    refused = [answer for answer in answers if answer["type"] != "ack"]
    assert all(is_unavailable(answer) or answer["code"] == "timeout" for answer in refused)
    await stage.settle(*pair.listeners, what="full disk")


async def answers_until_refused(prober):
    """Send until some are refused."""
    answers: list[dict[str, Any]] = []
    async with asyncio.timeout(WITHIN_S):
        while sum(answer["type"] != "ack" for answer in answers) < REFUSALS:
            answers.append(await prober.ask(LONG))
    return answers
