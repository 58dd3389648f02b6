"""What staff sees of presence: people as they were written last."""

from libs.common.http.admin import LookOnly, StaffSite
from services.presence.api.parts import parts_of
from services.presence.models import UserStatus

site = StaffSite("presence", parts_of)
site.register(
    UserStatus,
    LookOnly,
    list_display=(
        "user_id",
        "is_online",
        "active_connections",
        "last_activity",
        "last_seen",
        "last_ping",
    ),
    list_filter=("is_online",),
    search_fields=("user_id",),
)
