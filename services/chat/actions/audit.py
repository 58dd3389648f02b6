"""What happened is noted, in the transaction in which it happens: both are there, or neither is."""

from uuid import UUID

from services.chat.models import AuditEntry
from services.chat.models.audit import ADDRESS_CHARS
from services.chat.selectors.people import id_of_username

Action = AuditEntry.Action
Id = UUID | str | None


def entry(  # who, whom, where, whence: all by keyword
    action: AuditEntry.Action,
    *,
    actor: Id = None,
    subject: Id = None,
    room: Id = None,
    sid: Id = None,
    address: str = "",
    **details: str | bool,
) -> AuditEntry:
    """Return an entry that is to be noted.

    Args:
        action: what was done.
        actor: who did it; None where that is not known.
        subject: whom it concerns.
        room: where.
        sid: the sign-in that began or ended.
        address: of the client; empty where none is concerned.
        details: a few words. Nothing that people write to each other, and no secret.
    """
    return AuditEntry(
        action=action,
        actor_id=actor,
        subject_id=subject,
        room_id=room,
        sid=sid,
        address=address[:ADDRESS_CHARS],
        details=details,
    )


def note(*entries: AuditEntry) -> None:
    """Write entries, in the transaction that is open."""
    AuditEntry.objects.bulk_create(entries)


def note_failed_sign_in(*, username: str | None, address: str) -> None:
    """Note that somebody tried to sign in, and failed.

    Args:
        username: as it was typed. People type passwords there: it is kept only as the id of whom
            it belongs to, if that is anybody. None where a token of another system was refused.
        address: of the client.
    """
    if username is None:
        note(entry(Action.SIGN_IN_FAILED, address=address, by="exchange"))
    else:
        note(entry(Action.SIGN_IN_FAILED, subject=id_of_username(username), address=address))
