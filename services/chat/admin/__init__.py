"""What staff sees of chat, and may do.

Pictures of people they may take away, sign-ins they may end; everything else is there to be looked at.
What people write is shown on one page, and only where ``STAFF_READS_MESSAGES`` is on. Staff comes in
under its own row of chat's users, which a visit does not change.
"""

from services.chat.admin import tables
from services.chat.admin.site import site

__all__ = ["site", "tables"]
