"""What staff sees of receipts: rooms, and up to where their members are.

A watermark has no page of its own, because Django's admin knows no rows with a key of two columns.
"""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from libs.common.http.admin import LookOnly, StaffSite
from services.receipts.api.parts import parts_of
from services.receipts.models import Room, Watermark

MEMBERS_SHOWN = 100

site = StaffSite("receipts", parts_of)


@admin.register(Room, site=site)
class RoomAdmin(LookOnly):
    """Rooms. What a member read privately is not shown to staff either."""

    list_display = ("id", "head", "judged_head", "version", "open_history")
    readonly_fields = ("watermarks",)
    search_fields = ("id",)
    ordering = ("-id",)

    @admin.display(
        description=f"Watermarks (the first {MEMBERS_SHOWN}, who is behind before the rest)"
    )
    def watermarks(self, room: Room) -> SafeString:
        """Show who of the present members has received, and shown as read, how much."""
        rows = Watermark.objects.filter(room_id=room.id, present=True)
        shown = rows.order_by("delivered_seq", "user_id")[:MEMBERS_SHOWN]
        return format_html_join(
            "",
            "<div>{}: received up to {}, read up to {}</div>",
            shown.values_list("user_id", "delivered_seq", "shown_read_seq"),
        )
