"""Django's admin for people whom their access token calls staff.

Nobody signs in or out here: who is signed in at chat, and is staff, is let in. A row of Django's own
user table is made at first sight, because the admin's log wants one; nobody can sign in with it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, cast

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import InterfaceError, OperationalError, connections
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from libs.common.errors import ParleyError, Unavailable
from libs.common.http.credentials import presented_token
from libs.common.http.problems import problem
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
        inner = _with_session(super().admin_view(view, cacheable))

        def with_staff(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            claims = self._staff_of(request)
            if claims is None:
                return _please_sign_in()
            try:
                cast(Any, request).user = _local_user(claims)
                return inner(request, *args, **kwargs)
            except (OperationalError, InterfaceError):
                return problem(Unavailable())
            finally:
                # Django makes a thread for each request, and nobody else looks after its own.
                connections.close_all()

        return with_staff

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody is let in."""
        return bool(getattr(request, "user", None))

    def login(self, request: HttpRequest, extra_context: Any = None) -> NoReturn:  # noqa: ARG002 - Django's signature
        """Take no passwords: chat does. Likewise for all of the account below."""
        raise Http404

    logout = password_change = password_change_done = login

    def _staff_of(self, request: HttpRequest) -> Claims | None:
        try:
            token = presented_token(request)
            claims = None if token is None else self._verifier_of(request).verify(token.text)
        except ParleyError:
            return None
        return claims if claims is not None and claims.staff else None


def _with_session(view: View) -> View:
    """Give a view what Django's middleware gives to all: the API needs none of it, and no thread."""

    def rendered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        return response

    def with_session(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with_messages = MessageMiddleware(lambda request: rendered(request, *args, **kwargs))
        return cast(HttpResponse, SessionMiddleware(with_messages)(request))

    return with_session


def _local_user(claims: Claims) -> AbstractUser:
    users = cast(type[AbstractUser], get_user_model())
    flags = {"is_staff": True, "is_superuser": True}
    user, _ = users.objects.get_or_create(
        username=claims.sub, defaults={**flags, "first_name": claims.name, "password": "!"}
    )
    return user


def _please_sign_in() -> HttpResponse:
    return HttpResponse(
        "This page is for staff. Please sign in on the chat page first, and come back.",
        status=403,
        content_type="text/plain; charset=utf-8",
    )
