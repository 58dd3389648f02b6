"""A queue process without PostgreSQL and Redis: it serves, and says when to try again."""

import subprocess
import uuid

import httpx
import pytest

from dev.gateway import http_status
from dev.harness import LOG_FILE, wait_until
from dev.manage import surroundings_of
from dev.ports import free_port
from dev.services import service_environment
from dev.settings import ROOT
from libs.common.tokens import ACCESS_COOKIE
from tests.integration.own_database import service_named
from tests.integration.waiting import WITHIN_S

NO_DATABASE = "postgresql://parley:secret@127.0.0.1:9/parley"
NO_REDIS = "redis://127.0.0.1:9/0"
UNAVAILABLE = 503


@pytest.fixture
def queue(world):
    """Its address."""
    service = service_named("queue")
    around = surroundings_of(world.suite.run_dir, world.suite.state)
    port, internal_port = free_port(), free_port()
    given = service_environment(service, around, port=port, internal_port=internal_port)
    with (world.suite.run_dir / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            service.command(),
            cwd=ROOT,
            env=given | {"DATABASE_URL": NO_DATABASE, "REDIS_URL": NO_REDIS},
            stdout=log,
            stderr=log,
        )
    wait_until(lambda: http_status(port, "/api/queue/docs") is not None, what="queue to answer")
    yield f"http://127.0.0.1:{port}/api/queue"
    process.terminate()
    process.wait(WITHIN_S)


async def test_every_door_says_in_time_that_it_cannot(world, queue):
    chief = world.staff()
    wish = {"room": str(uuid.uuid4()), "client_id": str(uuid.uuid4()), "content": "hello"}
    bearer = {"Authorization": f"Bearer {chief.token}"}
    async with httpx.AsyncClient(timeout=WITHIN_S, headers=bearer) as http:
        answers = [
            await http.post(f"{queue}/outgoing", json=wish),
            await http.get(f"{queue}/status"),
            await http.get(f"{queue}/dead-letters"),
            await http.get(f"{queue}/healthz"),
            await http.get(f"{queue}/admin/"),
        ]
    async with httpx.AsyncClient(timeout=WITHIN_S, cookies={ACCESS_COOKIE: chief.token}) as http:
        answers.append(await http.get(f"{queue}/admin/queue/queuedmessage/"))

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (UNAVAILABLE, "unavailable")
    ] * len(answers)
    assert all(each.json()["retry_after"] > 0 for each in answers)
    assert all(int(each.headers["Retry-After"]) > 0 for each in answers)
    assert not any("secret" in each.text for each in answers)
