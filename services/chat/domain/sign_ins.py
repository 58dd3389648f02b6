"""Whether an open socket may stay open, judged by the sign-in that it belongs to.

A token lives ``LIFETIME_S`` from a sign-in or a renewal, both of which set ``renewed_at``. So the
age of ``renewed_at`` bounds the age of every token, whatever credential opened the socket.
"""

from enum import StrEnum

import msgspec

from libs.common.tokens import LIFETIME_S, RENEWAL_GRACE_S

LONGEST_S = LIFETIME_S + RENEWAL_GRACE_S
"""Longest that a sign-in holds sockets open without being renewed."""
PATIENCE_S = 60.0
"""Time after the database could not be asked in which nobody is blamed for not having renewed."""


class Ended(StrEnum):
    """Why sockets of a sign-in are closed."""

    DELETED = "deleted"
    REVOKED = "revoked"
    DEACTIVATED = "deactivated"
    NOT_RENEWED = "not_renewed"


class SignInState(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in as the database knows it.

    Attributes:
        revoked: whether it was ended.
        active: whether its user is.
        renewed_s_ago: seconds since it began or was renewed, by the database's clock.
    """

    revoked: bool
    active: bool
    renewed_s_ago: float


def why_ended(sign_in: SignInState | None, *, could_renew: bool) -> Ended | None:
    """Return why the sockets of a sign-in are to be closed, or None where they may stay open.

    Args:
        sign_in: None where there is no such sign-in (any more).
        could_renew: whether it was possible to renew lately. That only spares those who have not.
    """
    if sign_in is None:
        return Ended.DELETED
    if sign_in.revoked:
        return Ended.REVOKED
    if not sign_in.active:
        return Ended.DEACTIVATED
    if could_renew and sign_in.renewed_s_ago > LONGEST_S:
        return Ended.NOT_RENEWED
    return None


def could_renew(*, now_s: float, failed_at_s: float | None) -> bool:
    """Tell whether the database has answered for ``PATIENCE_S``, as far as one knows.

    Args:
        now_s: monotonic time.
        failed_at_s: when it was last asked in vain, likewise; None where it never was.
    """
    return failed_at_s is None or now_s - failed_at_s > PATIENCE_S
