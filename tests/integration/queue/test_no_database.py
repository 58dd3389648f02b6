"""A queue process without PostgreSQL and Redis: it serves, and says when to try again."""

import uuid

import httpx
import pytest

from libs.common.tokens import ACCESS_COOKIE
from tests.integration.chat.world import WITHIN_S
from tests.integration.lonely import lonely_process

UNAVAILABLE = 503


@pytest.fixture
def queue(world):
    """Its address."""
    with lonely_process(world, "queue") as url:
        yield f"{url}/api/queue"


async def test_every_door_says_in_time_that_it_cannot(world, queue):
    chief = world.staff()
    wish = {"room": str(uuid.uuid4()), "client_id": str(uuid.uuid4()), "content": "hello"}
    bearer = {"Authorization": f"Bearer {chief.token}"}
    async with httpx.AsyncClient(timeout=WITHIN_S, headers=bearer) as http:
        answers = [
            await http.post(f"{queue}/outgoing", json=wish),
            await http.get(f"{queue}/status"),
            await http.get(f"{queue}/dead-letters"),
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
