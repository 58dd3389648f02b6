"""What staff sees of the queue, and may do with dead letters."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from libs.common.clock import SystemClock
from libs.common.http.admin import LookOnly, StaffSite
from services.queue.actions.outgoing import discard_dead_letters, replay_dead_letters
from services.queue.api.parts import parts_of
from services.queue.models import Ending, PushSubscription, QueuedMessage

site = StaffSite("queue", parts_of)


@admin.register(QueuedMessage, site=site)
class QueuedMessageAdmin(LookOnly):
    """Queued messages, to look at; those that were given up may be replayed, or discarded."""

    list_display = (
        "id",
        "queue_type",
        "ending",
        "last_error",
        "retry_count",
        "next_retry_at",
        "created_at",
        "room_id",
        "sender_id",
        "recipient_id",
    )
    list_filter = ("queue_type", "is_processed", "ending")
    search_fields = ("room_id", "sender_id", "recipient_id", "client_id")
    ordering = ("-id",)
    actions = ("replay", "discard")

    @admin.action(description="Replay the selected dead letters")
    def replay(self, request: HttpRequest, chosen: QuerySet[QueuedMessage]) -> None:
        """Give them three more tries."""
        dead = list(chosen.filter(ending__in=(Ending.FAILED, Ending.DISCARDED)))
        count = replay_dead_letters([row.id for row in dead], now=SystemClock().now())
        self._tell(request, dead, f"{count} of {chosen.count()} will be sent again.", "Replayed.")

    @admin.action(description="Discard the selected dead letters")
    def discard(self, request: HttpRequest, chosen: QuerySet[QueuedMessage]) -> None:
        """Let them rest for good."""
        dead = list(chosen.filter(ending=Ending.FAILED))
        count = discard_dead_letters([row.id for row in dead], now=SystemClock().now())
        self._tell(request, dead, f"{count} of {chosen.count()} were discarded.", "Discarded.")

    def _tell(
        self, request: HttpRequest, dead: list[QueuedMessage], told: str, logged: str
    ) -> None:
        """Tell what became of the chosen ones, and log of each by whom it was done."""
        for row in dead:
            self.log_change(request, row, logged)
        self.message_user(request, told, messages.SUCCESS if dead else messages.WARNING)


@admin.register(PushSubscription, site=site)
class PushSubscriptionAdmin(LookOnly):
    """Browsers that are told while they are closed; neither where exactly, nor with which keys."""

    fields = ("id", "user_id", "sid", "host", "created_at", "refreshed_at", "expires_at")
    list_display = ("id", "user_id", "host", "created_at", "refreshed_at", "expires_at")
    search_fields = ("user_id", "sid")
    ordering = ("-id",)
