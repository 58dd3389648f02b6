"""Keeps which browsers are to be told, each for as long as the sign-in that it came from."""

import datetime as dt
from collections.abc import Collection

import msgspec
from django.db import connection, transaction

from libs.common import metrics
from libs.common.errors import Unauthenticated
from services.queue.actions.web_push.marking import mark_waiting
from services.queue.domain.web_push import AGAIN_AFTER, ENDED_REMEMBERED, KEPT, SUBSCRIPTIONS
from services.queue.models import EndedSignIn, PushSubscription, WebPush

GONE = metrics.counter(
    "parley_web_push_subscriptions_gone",
    "Subscriptions that ended: gone (its push service said so), unsubscribed, signed_out, surplus "
    "(their person has newer ones), expired.",
    ["why"],
)
for _why in ("gone", "unsubscribed", "signed_out", "surplus", "expired"):
    GONE.labels(_why)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser, as its person hands it in."""

    user: str
    sid: str
    endpoint: str
    host: str
    p256dh: str
    auth: str
    expires_at: dt.datetime | None


@transaction.atomic
def subscribe(wanted: Subscription, *, now: dt.datetime) -> bool:
    """Keep a browser of somebody; tell whether they did not have it before.

    One that was somebody else's is theirs from now on: in a browser one person follows another. Of
    too many the ones that were handed in longest ago end. Idempotent.

    Args:
        wanted: what is to be told, and by whose sign-in.
        now: of the caller's clock.

    Raises:
        Unauthenticated: the sign-in has ended, though its token holds.
    """
    if EndedSignIn.objects.filter(sid=wanted.sid).exists():
        raise Unauthenticated
    known = (
        PushSubscription.objects.select_for_update()
        .filter(endpoint=wanted.endpoint)
        .values_list("id", "user_id")
        .first()
    )
    is_new = known is None or str(known[1]) != wanted.user
    if known is not None and is_new:
        WebPush.objects.filter(subscription_id=known[0]).delete()
    PushSubscription.objects.bulk_create(
        [
            PushSubscription(
                user_id=wanted.user,
                sid=wanted.sid,
                endpoint=wanted.endpoint,
                host=wanted.host,
                p256dh=wanted.p256dh,
                auth=wanted.auth,
                refreshed_at=now,
                expires_at=wanted.expires_at,
            )
        ],
        update_conflicts=True,
        unique_fields=["endpoint"],
        update_fields=["user_id", "sid", "host", "p256dh", "auth", "refreshed_at", "expires_at"],
    )
    own = PushSubscription.objects.filter(user_id=wanted.user).order_by("-refreshed_at", "-id")
    _end(list(own.values_list("id", flat=True)[SUBSCRIPTIONS:]), why="surplus")
    # The page that hands it in fetches at this moment what waits; so that is not pushed at once.
    this = own.filter(endpoint=wanted.endpoint).values_list("id", flat=True)
    mark_waiting(list(this), at=now + AGAIN_AFTER, now=now)
    return is_new


@transaction.atomic
def unsubscribe(user: str, endpoint: str) -> None:
    """Forget a browser of somebody; nothing happens where it is none of theirs."""
    own = PushSubscription.objects.filter(user_id=user, endpoint=endpoint)
    _end(list(own.values_list("id", flat=True)), why="unsubscribed")


@transaction.atomic
def end_sign_ins(sids: Collection[str], *, now: dt.datetime) -> None:
    """End the subscriptions of sign-ins that have ended, and take no more from these. Idempotent."""
    EndedSignIn.objects.bulk_create(
        [EndedSignIn(sid=sid, ended_at=now) for sid in sorted(set(sids))], ignore_conflicts=True
    )
    theirs = PushSubscription.objects.filter(sid__in=sids)
    _end(list(theirs.values_list("id", flat=True)), why="signed_out")


@transaction.atomic
def end_gone(subscription: int) -> None:
    """End a subscription that its push service does not know any more."""
    _end([subscription], why="gone")


def end_old(*, now: dt.datetime) -> None:
    """End subscriptions that nobody handed in for long, or whose end was told beforehand.

    Also those that came from a sign-in while news of its end was on its way; and forget sign-ins of
    which no token holds any more.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM push_subscription WHERE refreshed_at < %s OR expires_at < %s
            """,
            [now - KEPT, now],
        )
        _end([number for (number,) in cursor.fetchall()], why="expired")
        cursor.execute(
            "SELECT id FROM push_subscription WHERE sid IN (SELECT sid FROM ended_sign_in)"
        )
        _end([number for (number,) in cursor.fetchall()], why="signed_out")
    EndedSignIn.objects.filter(ended_at__lt=now - ENDED_REMEMBERED).delete()


def _end(subscriptions: Collection[int], *, why: str) -> None:
    """Delete subscriptions, and what they were told."""
    if not subscriptions:
        return
    ended, _ = PushSubscription.objects.filter(id__in=subscriptions).delete()
    WebPush.objects.filter(subscription_id__in=subscriptions).delete()
    GONE.labels(why).inc(ended)
