"""Where a person is signed in: their sign-ins that still hold.

That a sign-in holds is not written anywhere, only that it ended: the others hold for as long as
something could still renew them, which is their session in a browser and their token elsewhere.
"""

import datetime as dt

import msgspec
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from libs.common.clock import to_wire
from libs.common.tokens import LIFETIME_S, RENEWAL_GRACE_S
from services.chat.models import SignIn

DEVICES_SHOWN = 100
"""Most sign-ins that are listed: the newest. A program may begin one for each of its runs."""
RENEWABLE = dt.timedelta(seconds=LIFETIME_S + RENEWAL_GRACE_S)
"""How long after its last renewal a sign-in without a session can be renewed."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in; ``current`` is that of whoever asks."""

    sid: str
    user_agent: str
    created_at: str
    renewed_at: str
    current: bool


def devices_of(*, user_id: str, current: str) -> list[Device]:
    """Return the newest sign-ins of a user that hold, newest first.

    Args:
        user_id: whose.
        current: the ``sid`` of whoever asks.
    """
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=Now())
    lasting = Q(session_key="", renewed_at__gt=Now() - RENEWABLE) | Q(Exists(session))
    holding = SignIn.objects.filter(lasting, user_id=user_id, revoked_at=None)
    return [
        Device(
            sid=str(each.id),
            user_agent=each.user_agent,
            created_at=to_wire(each.created_at),
            renewed_at=to_wire(each.renewed_at),
            current=str(each.id) == current,
        )
        for each in holding.order_by("-created_at", "-id")[:DEVICES_SHOWN]
    ]
