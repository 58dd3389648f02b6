import pytest
from hypothesis import given, strategies as st

from libs.common.clock import ManualClock
from libs.common.tokens import LIFETIME_S, RENEWAL_GRACE_S
from services.chat.domain.sign_ins import Ended, SignInState, could_renew, why_ended

EVERY_S = 15.0
READ_S = 3.0
PROMISED_S = 60.0
HELD_S = LIFETIME_S + RENEWAL_GRACE_S


def state(*, revoked=False, active=True, age=0.0):
    return SignInState(revoked=revoked, active=active, renewed_s_ago=age)


@pytest.mark.parametrize(
    ("sign_in", "reason"),
    [
        (None, Ended.DELETED),
        (state(revoked=True), Ended.REVOKED),
        (state(active=False), Ended.DEACTIVATED),
        (state(age=HELD_S + 1), Ended.NOT_RENEWED),
        (state(age=HELD_S), None),
        (state(age=-5), None),
        (state(), None),
    ],
)
def test_a_sign_in_has_ended_for_one_reason(sign_in, reason):
    assert why_ended(sign_in, could_renew=True) is reason


@pytest.mark.parametrize("sign_in", [None, state(revoked=True), state(active=False)])
def test_only_who_did_not_renew_is_spared_while_nobody_could(sign_in):
    assert why_ended(sign_in, could_renew=False) is not None
    assert why_ended(state(age=10 * HELD_S), could_renew=False) is None


class Sweeps:
    """Sweeps in a process, by the rules alone, on a clock of the test's own."""

    def __init__(self, *, phase_s, renewals=(), revoked_at=None, down=()):
        self.clock = ManualClock()
        self.renewals, self.revoked_at, self.down = renewals, revoked_at, down
        self.phase_s = phase_s
        self.failed_at_s = None

    def is_down(self, at_s):
        return any(begin <= at_s < end for begin, end in self.down)

    def sweep(self):
        now_s = self.clock.monotonic()
        if self.is_down(now_s):
            self.failed_at_s = now_s
            return None
        sign_in = state(
            revoked=self.revoked_at is not None and self.revoked_at <= now_s,
            age=now_s - max((at for at in self.renewals if at <= now_s), default=0.0),
        )
        renewable = could_renew(now_s=now_s, failed_at_s=self.failed_at_s)
        return why_ended(sign_in, could_renew=renewable)

    def closed_at(self, *, until_s):
        """Return when and why the socket is closed, or None where it is open at the end."""
        self.clock.advance(self.phase_s)
        while self.clock.monotonic() < until_s:
            reason = self.sweep()
            if reason is not None:
                return self.clock.monotonic(), reason
            self.clock.advance(EVERY_S + READ_S)
        return None


phases = st.floats(0, EVERY_S)


@given(phase_s=phases, revoked_at=st.floats(0, 500))
def test_a_revoked_sign_in_is_closed_within_the_promised_time(phase_s, revoked_at):
    sweeps = Sweeps(phase_s=phase_s, revoked_at=revoked_at)

    closed_s, reason = sweeps.closed_at(until_s=1000)

    assert reason is Ended.REVOKED
    assert revoked_at <= closed_s <= revoked_at + PROMISED_S


@given(phase_s=phases, gaps=st.lists(st.floats(1, HELD_S), max_size=8))
def test_who_renews_in_time_is_never_closed_and_who_stops_is(phase_s, gaps):
    renewals = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    last = renewals[-1] if renewals else 0.0
    sweeps = Sweeps(phase_s=phase_s, renewals=renewals)

    closed_s, reason = sweeps.closed_at(until_s=last + HELD_S + 1000)

    assert reason is Ended.NOT_RENEWED
    assert last + HELD_S < closed_s <= last + HELD_S + PROMISED_S


@given(phase_s=phases, begin=st.floats(0, 700), length=st.floats(EVERY_S + READ_S, 900))
def test_nobody_is_closed_for_not_renewing_while_the_database_is_away_nor_right_after(
    phase_s, begin, length
):
    sweeps = Sweeps(phase_s=phase_s, down=[(begin, begin + length)])

    closed_s, _ = sweeps.closed_at(until_s=10_000)

    back_s = begin + length
    assert closed_s > HELD_S
    # The sweep knows of the outage by its own reads, the last of which may be one period old.
    assert not begin <= closed_s < back_s + PROMISED_S - EVERY_S - READ_S
