"""Who is let in over a WebSocket, and what those are told who are not."""

import contextlib

import pytest

from services.chat.domain.closing import OVERLOADED, RATE_LIMITED
from services.chat.domain.pressure import Strain
from tests.unit.chat.consumers.visit import CLIENT, Visit, message
from tests.unit.chat.doors import pressed_by


@contextlib.asynccontextmanager
async def visiting(**door):
    """Come in, or not; leave at the end."""
    visit = Visit(**door)
    await visit.until(lambda: visit.frames or visit.wire.codes)
    yield visit
    await visit.leave()


async def test_who_comes_from_an_address_that_comes_too_often_is_closed():
    async with visiting(handshakes=2) as visit:
        visit.admission.check_handshake(CLIENT[0])
        late = Visit(door=visit.admission)
        await late.until(lambda: late.wire.codes)
        visit.admission.check_handshake("192.0.2.2")

        assert (late.frames, late.wire.codes) == ([], [RATE_LIMITED])
        assert late.hub.all_sessions() == []
        await late.leave()


async def test_somebody_with_too_many_connections_is_closed():
    async with visiting(most_of_one=0) as visit:
        assert (visit.frames, visit.wire.codes) == ([], [RATE_LIMITED])


async def test_one_more_than_the_process_takes_is_told_to_come_back():
    async with visiting(most_sockets=0) as visit:
        assert (visit.frames, visit.wire.codes) == ([], [OVERLOADED])


async def test_an_overloaded_process_refuses_newcomers():
    async with visiting(pressure=pressed_by(Strain(loop_s=1))) as visit:
        assert (visit.frames, visit.wire.codes) == ([], [OVERLOADED])


@pytest.mark.parametrize("strain", [Strain(loop_s=0.2), Strain()])
async def test_a_process_that_is_only_busy_takes_newcomers(strain):
    async with visiting(pressure=pressed_by(strain)) as visit:
        assert visit.frames[0]["type"] == "welcome"


async def test_a_process_that_is_about_to_stop_refuses_newcomers_and_serves_who_is_there():
    async with visiting() as visit:
        visit.admission.close()
        answer = await visit.answer(**message())

        assert answer["type"] == "ack"
        assert visit.wire.codes == []


async def test_what_has_ended_makes_room_for_another():
    async with visiting(most_sockets=1, handshakes=2, most_of_one=1) as visit:
        assert visit.frames
        door = visit.admission

    with door.counted():
        door.check_handshake("192.0.2.1")
        door.check_person("alice")
