"""What becomes of people: their profile, their privacy, their sign-ins."""

from typing import Literal

from libs.common.events.event import Event

LastSeenTo = Literal["everyone", "contacts", "nobody"]


class UserChanged(Event, frozen=True, kw_only=True, tag="user.changed"):
    """A person's profile or privacy changed; of two, the greater ``profile_version`` is newer.

    ``last_seen``: to whom they show when they were there last: whoever shares a room with them,
    whoever has a direct room with them, or nobody. ``avatar``: the version of their picture, empty
    where there is none.
    """

    user: str
    username: str
    display_name: str
    send_read_receipts: bool = True
    last_seen: LastSeenTo = "everyone"
    avatar: str = ""
    profile_version: int = 0


class UserRevoked(Event, frozen=True, kw_only=True, tag="user.revoked"):
    """These sign-ins of a user ended, for good. Later ones are not meant."""

    user: str
    sids: tuple[str, ...] = ()
