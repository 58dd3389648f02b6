"""Which rooms are known."""

from services.receipts.models import Room


def any_room_is_known() -> bool:
    """Tell whether anything was ever heard of a room; otherwise the database is a new one."""
    return Room.objects.exists()
