"""How the sign-ins stand that open sockets belong to."""

from collections.abc import Collection

from django.db.models import F
from django.db.models.functions import Extract, Now

from services.chat.domain.ids import uuids_of
from services.chat.domain.sign_ins import SignInState
from services.chat.models import SignIn


def sign_ins_by_sid(sids: Collection[str]) -> dict[str, SignInState]:
    """Return the state of sign-ins by their ids, in one statement; unknown ids are left out.

    Ages are by PostgreSQL's clock alone, which also wrote ``renewed_at``.
    """
    rows = (
        SignIn.objects.filter(id__in=uuids_of(sids))
        .annotate(renewed_s_ago=Extract(Now() - F("renewed_at"), "epoch"))
        .values_list("id", "revoked_at", "user__is_active", "renewed_s_ago")
    )
    return {
        str(sid): SignInState(
            revoked=revoked_at is not None, active=active, renewed_s_ago=float(renewed_s_ago)
        )
        for sid, revoked_at, active, renewed_s_ago in rows
    }
