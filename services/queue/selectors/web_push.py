"""Whom to push to, and how much of that is due."""

import datetime as dt

from django.db.models import Count, Min

from services.queue.models import PushSubscription, WebPush


def subscriptions_after(after: int, *, limit: int) -> list[int]:
    """Return numbers of subscriptions, in their order, behind ``after``."""
    found = PushSubscription.objects.filter(id__gt=after).order_by("id")
    return list(found.values_list("id", flat=True)[:limit])


def push_stats(*, now: dt.datetime) -> tuple[int, int, dt.timedelta]:
    """Return how many subscriptions there are, how many pushes are due, and the longest since when."""
    due = WebPush.objects.filter(due_at__lte=now).aggregate(count=Count("*"), first=Min("due_at"))
    oldest = dt.timedelta(0) if due["first"] is None else now - due["first"]
    return PushSubscription.objects.count(), due["count"], oldest
