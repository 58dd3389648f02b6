import asyncio
import logging
import signal
import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from libs.common.clock import ManualClock
from libs.common.internal_port import CACHE_S, InternalServer, Readiness


class FakeCheck:
    def __init__(self, reason: str | None = None) -> None:
        self.reason = reason
        self.error: Exception | None = None
        self.calls = 0

    async def __call__(self) -> str | None:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self.reason


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def check() -> FakeCheck:
    return FakeCheck()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def client(clock, check, registry):
    server = InternalServer("127.0.0.1", 0, {"database": check}, clock=clock, registry=registry)
    await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield client
    await server.stop()


async def test_a_process_is_alive_whatever_its_dependencies_do(client, check):
    check.reason = "away"

    response = await client.get("/livez")

    assert response.status_code == 200
    assert check.calls == 0


async def test_a_process_is_ready_when_every_check_is_content(client):
    response = await client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"status": "ready", "reasons": {}}


async def test_a_process_that_is_not_ready_says_why(client, check):
    check.reason = "no connection"

    response = await client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "reasons": {"database": "no connection"}}


async def test_the_metrics_of_the_registry_are_shown(client, registry):
    Counter("parley_test", "A test.", registry=registry).inc()

    response = await client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    assert "parley_test_total 1.0" in response.text
    assert "_created" not in response.text


async def test_other_paths_and_methods_are_refused(client):
    assert (await client.get("/admin")).status_code == 404
    assert (await client.post("/livez")).status_code == 405
    assert (await client.head("/livez")).text == ""


async def test_a_taken_port_is_an_error_and_not_the_end_of_the_process(clock):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server = InternalServer("127.0.0.1", other.getsockname()[1], {}, clock=clock)

        with pytest.raises(OSError, match="in use"):
            await server.start()
        await server.stop()


async def test_the_signals_of_the_process_are_left_alone(clock):
    before = signal.getsignal(signal.SIGTERM)
    server = InternalServer("127.0.0.1", 0, {}, clock=clock)

    await server.start()
    during = signal.getsignal(signal.SIGTERM)
    await server.stop()

    assert during is before


async def test_starting_and_stopping_is_no_news(clock, caplog):
    server = InternalServer("127.0.0.1", 0, {}, clock=clock)

    with caplog.at_level(logging.INFO):
        await server.start()
        async with httpx.AsyncClient() as client:
            await client.get(f"http://127.0.0.1:{server.port}/livez")
        await server.stop()
        logging.getLogger("uvicorn.error").info("the public server starts")

    ours = [record.message for record in caplog.records if record.name.startswith("uvicorn")]
    assert ours == ["the public server starts"]


async def test_one_round_of_checks_answers_all_who_ask_within_a_second(clock, check):
    readiness = Readiness({"database": check}, clock=clock)

    await asyncio.gather(*(readiness.reasons() for _ in range(10)))
    clock.advance(CACHE_S / 2)
    await readiness.reasons()
    assert check.calls == 1
    clock.advance(CACHE_S / 2)
    check.reason = "away"

    assert await readiness.reasons() == {"database": "away"}


async def test_a_check_that_raises_is_a_reason_without_its_text(clock, check):
    check.error = ConnectionError("password=s3cret")

    reasons = await Readiness({"database": check}, clock=clock).reasons()

    assert reasons == {"database": "ConnectionError"}


async def test_a_check_that_hangs_is_a_reason_and_is_not_started_twice(clock):
    leave = asyncio.Event()
    calls = 0

    async def hanging() -> None:
        nonlocal calls
        calls += 1
        await leave.wait()

    readiness = Readiness({"database": hanging}, clock=clock)

    first = await readiness.reasons()
    clock.advance(CACHE_S)
    second = await readiness.reasons()
    leave.set()
    clock.advance(CACHE_S)

    assert first == second == {"database": "no answer within 0.5 s"}
    assert await readiness.reasons() == {}
    assert calls == 1
