"""Django's admin for people whom their access token calls staff.

Nobody signs in here: who is signed in at chat, and is staff, is let in. A row of Django's own user
table is made at first sight, because the admin's log wants one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse

from libs.common.errors import ParleyError
from libs.common.http.credentials import presented_token
from libs.common.tokens import Claims, Verifier

STATIC_ROOT = Path(admin.__file__).parent / "static" / "admin"
"""Where the style sheets of the admin are."""

View = Callable[..., HttpResponse]


class StaffSite(admin.AdminSite):
    """The admin of one service.

    Args:
        service: the word in its paths.
        verifier_of: finds what verifies tokens, from the request.
    """

    enable_nav_sidebar = False

    def __init__(self, service: str, verifier_of: Callable[[HttpRequest], Verifier]) -> None:
        super().__init__(name="admin")
        self.site_header = self.site_title = f"Parley {service}"
        self.site_url = "/"
        self._verifier_of = verifier_of

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Return a view that staff only reach."""
        inner: View = super().admin_view(view, cacheable)

        def with_staff(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            close_old_connections()  # nobody else looks after those of Django's own thread
            claims = self._staff_of(request)
            if claims is None:
                return _please_sign_in()
            cast(Any, request).user = _local_user(claims)
            return inner(request, *args, **kwargs)

        return with_staff

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody is let in."""
        return bool(getattr(request, "user", None))

    def _staff_of(self, request: HttpRequest) -> Claims | None:
        try:
            token = presented_token(request)
            claims = None if token is None else self._verifier_of(request).verify(token.text)
        except ParleyError:
            return None
        return claims if claims is not None and claims.staff else None


def _local_user(claims: Claims) -> AbstractBaseUser:
    user, _ = get_user_model().objects.get_or_create(
        username=claims.sub, defaults={"is_staff": True, "is_superuser": True}
    )
    return user


def _please_sign_in() -> HttpResponse:
    return HttpResponse(
        "This page is for staff. Please sign in on the chat page first, and come back.",
        status=403,
        content_type="text/plain; charset=utf-8",
    )
