"""One-time tickets are used up: the first to write a ticket's id down is let in.

Nothing is kept of a ticket until then. One statement decides, so of two sockets that come with the
same ticket, to whichever processes, exactly one is the first.
"""

import datetime as dt

from django.db import connection

from libs.common.tokens import Ticket
from services.chat.models import User
from services.chat.selectors.people import session_owner

_USE = "INSERT INTO used_ticket (id, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"
"""The ORM cannot say of such a statement whether it inserted anything."""


def use_ticket(*, ticket: Ticket) -> User | None:
    """Use up a ticket that was verified; return whose it is, or None where it does not hold.

    It does not where it was used before, or where its sign-in has ended; in the latter case it is
    not used up either.
    """
    user = session_owner(sid=ticket.sid, user_id=ticket.sub)
    if user is None:
        return None
    ends_at = dt.datetime.fromtimestamp(ticket.exp, dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute(_USE, [ticket.jti, ends_at])
        return user if cursor.rowcount == 1 else None
