"""Sign-ins: those that a person still has, and how those stand that open sockets belong to.

That a sign-in holds is not written anywhere, only that it ended: the others hold for as long as
something could still renew them, which is their session in a browser and their token elsewhere.
"""

import datetime as dt
from collections.abc import Collection

import msgspec
from django.contrib.sessions.models import Session
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Extract, Now

from libs.common.clock import to_wire
from libs.common.ids import uuids_of
from services.chat.domain.agents import agent_of
from services.chat.domain.sign_ins import LONGEST_S, SignInState
from services.chat.models import SignIn

SIGN_INS_SHOWN = 100
"""Most sign-ins that are listed: the newest. A program may begin one for each of its runs."""
RENEWABLE = dt.timedelta(seconds=LONGEST_S)
"""How long after its last renewal a sign-in without a session can be renewed."""


class SignInEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in; ``current`` is that of whoever asks.

    ``agent``: browser and system, to recognise it by; made of ``user_agent``, which a device says of
    itself.
    """

    sid: str
    agent: str
    user_agent: str
    created_at: str
    renewed_at: str
    current: bool


def sign_ins_of(*, user_id: str, current: str) -> list[SignInEntry]:
    """Return the newest sign-ins of a user that hold, newest first.

    Args:
        user_id: whose.
        current: the ``sid`` of whoever asks.
    """
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=Now())
    lasting = Q(session_key="", renewed_at__gt=Now() - RENEWABLE) | Q(Exists(session))
    holding = SignIn.objects.filter(lasting, user_id=user_id, revoked_at=None)
    return [
        SignInEntry(
            sid=str(each.id),
            agent=agent_of(each.user_agent),
            user_agent=each.user_agent,
            created_at=to_wire(each.created_at),
            renewed_at=to_wire(each.renewed_at),
            current=str(each.id) == current,
        )
        for each in holding.order_by("-created_at", "-id")[:SIGN_INS_SHOWN]
    ]


def sign_ins_by_sid(sids: Collection[str]) -> dict[str, SignInState]:
    """Return the state of sign-ins by their ids, in one statement; unknown ids are left out.

    Ages are by PostgreSQL's clock alone, which also wrote ``renewed_at``.
    """
    rows = (
        SignIn.objects.filter(id__in=uuids_of(sids))
        .annotate(renewed_s_ago=Extract(Now() - F("renewed_at"), "epoch"))
        .values_list("id", "revoked_at", "user__is_active", "renewed_s_ago")
    )
    return {
        str(sid): SignInState(
            revoked=revoked_at is not None, active=active, renewed_s_ago=float(renewed_s_ago)
        )
        for sid, revoked_at, active, renewed_s_ago in rows
    }
