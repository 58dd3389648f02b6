"""Pictures of people: of one person at a time, and only where somebody asks for the picture itself."""

from libs.common.ids import uuid_of
from services.chat.domain.pictures import Picture
from services.chat.models import Avatar


def avatar_of(user_id: str) -> Picture | None:
    """Return the picture of somebody, active or not; None where there is none, or no such person."""
    known = uuid_of(user_id)
    if known is None:
        return None
    row = Avatar.objects.filter(user_id=known).values_list("version", "content").first()
    return None if row is None else Picture(version=row[0], content=bytes(row[1]))
