"""What staff sees of the queue, and may do with dead letters."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from libs.common.clock import SystemClock
from libs.common.http.admin import StaffSite
from services.queue.actions.outgoing import discard_dead_letters, replay_dead_letters
from services.queue.api.parts import parts_of
from services.queue.models import Ending, QueuedMessage

site = StaffSite("queue", lambda request: parts_of(request).verifier)


@admin.register(QueuedMessage, site=site)
class QueuedMessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django does not know it
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
    search_fields = ("=room_id", "=sender_id", "=recipient_id", "=client_id")
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("replay", "discard")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody writes messages for others."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - likewise
        """Nobody changes what others wrote."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - likewise
        """What waits is not removed, dead letters are discarded."""
        return False

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
