from typing import Any, cast

import pytest

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.tokens import LIFETIME_S, RENEWAL_GRACE_S
from services.chat.domain.sign_ins import PATIENCE_S, SignInState
from services.chat.hub import Outbound, Session, SignInSweep
from services.chat.hub.sign_in_sweep import SIDS_PER_READ
from tests.unit.chat.hub.fake_wire import FakeWire

NOT_AUTHENTICATED = 4001
LATE = SignInState(revoked=False, active=True, renewed_s_ago=LIFETIME_S + RENEWAL_GRACE_S + 1)
GOOD = SignInState(revoked=False, active=True, renewed_s_ago=0)
REVOKED = SignInState(revoked=True, active=True, renewed_s_ago=0)


class House:
    """Sessions, the sign-ins of a database, and the sweep between them."""

    def __init__(self):
        self.clock = ManualClock()
        self.sessions: list[Session] = []
        self.sign_ins: dict[str, SignInState] = {}
        self.reads: list[int] = []
        self.down = False
        self.sweep = SignInSweep(
            all_sessions=lambda: self.sessions,
            database=cast(Any, self),
            clock=self.clock,
            every_s=15,
        )

    async def run(self, function, sids):
        if self.down:
            raise Unavailable
        self.reads.append(len(sids))
        return {sid: self.sign_ins[sid] for sid in sids if sid in self.sign_ins}

    def open(self, sid, sign_in, *, kind="chat"):
        wire = FakeWire()
        if sign_in is not None:
            self.sign_ins[sid] = sign_in
        number = len(self.sessions)
        self.sessions.append(Session(f"session {number}", "user", sid, Outbound(wire), kind))
        return wire

    async def fail(self):
        self.down = True
        with pytest.raises(Unavailable):
            await self.sweep.sweep()
        self.down = False


async def test_all_sockets_of_a_sign_in_that_ended_are_closed_and_no_others():
    house = House()
    first, second = house.open("one", REVOKED), house.open("one", REVOKED)
    late, missing, good = house.open("two", LATE), house.open("3", None), house.open("4", GOOD)

    await house.sweep.sweep()

    assert [wire.codes for wire in (first, second, late, missing)] == [[NOT_AUTHENTICATED]] * 4
    assert good.codes == []


async def test_one_statement_asks_for_at_most_a_thousand_sign_ins_each_once():
    house = House()
    for number in range(SIDS_PER_READ + 1):
        house.open(f"sid {number}", GOOD)
        house.open(f"sid {number}", GOOD)

    await house.sweep.sweep()

    assert house.reads == [SIDS_PER_READ, 1]


async def test_without_sessions_nothing_is_asked():
    house = House()

    await house.sweep.sweep()

    assert house.reads == []


async def test_after_the_database_was_away_only_those_are_closed_who_ended():
    house = House()
    late, revoked = house.open("one", LATE), house.open("two", REVOKED)
    await house.fail()
    house.clock.advance(PATIENCE_S)

    await house.sweep.sweep()

    assert (late.codes, revoked.codes) == ([], [NOT_AUTHENTICATED])
    house.clock.advance(1)
    await house.sweep.sweep()
    assert late.codes == [NOT_AUTHENTICATED]


async def test_every_failure_begins_the_time_anew():
    house = House()
    late = house.open("one", LATE)
    await house.fail()
    house.clock.advance(PATIENCE_S)
    await house.fail()
    house.clock.advance(PATIENCE_S - 1)

    await house.sweep.sweep()

    assert late.codes == []


async def test_a_long_poll_is_spared_by_the_age_of_its_sign_in_but_not_by_its_end():
    house = House()
    late, revoked = house.open("one", LATE, kind="poll"), house.open("two", REVOKED, kind="poll")

    await house.sweep.sweep()

    assert (late.codes, revoked.codes) == ([], [NOT_AUTHENTICATED])
