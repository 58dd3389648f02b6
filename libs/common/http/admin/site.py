"""The pages of one service's admin, and those of its breakers and dead letters."""

import platform
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol, cast

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AbstractUser
from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError, connections
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from redis.exceptions import RedisError

from libs.common.breakers import Guarded
from libs.common.errors import BadFrame, ParleyError, Unavailable
from libs.common.http.admin import dead_letters
from libs.common.http.admin.session import with_session
from libs.common.http.credentials import presented_token
from libs.common.http.problems import problem
from libs.common.streams.dead_letters import DeadLetters
from libs.common.tokens import Claims, Verifier

BESIDE = ("chat", "presence", "queue", "receipts")
"""Whose admins stand behind the same way in: each page leads to all of them."""


class Parts(Protocol):
    """What the admin needs of the process."""

    @property
    def verifier(self) -> Verifier:
        """What verifies tokens."""
        ...

    @property
    def breakers(self) -> Sequence[Guarded]:
        """All breakers of the process."""
        ...

    @property
    def dead_letters(self) -> Sequence[DeadLetters]:
        """Those of all groups of the process."""
        ...


def row_made_at_first_sight(claims: Claims) -> AbstractBaseUser | None:
    """Return the row of Django's own user table, which the admin's log wants.

    Nobody can sign in with it, and it allows nothing.
    """
    users = cast(type[AbstractUser], get_user_model())
    user, _ = users.objects.get_or_create(
        username=claims.sub,
        defaults={"is_staff": True, "first_name": claims.name, "password": "!"},
    )
    return user


class StaffSite(admin.AdminSite):
    """The admin of one service.

    Args:
        service: the word in its paths.
        parts_of: finds the parts of the process, from the request.
        user_of: finds the row that stands for somebody whose token calls them staff; None where
            they are not let in.
    """

    enable_nav_sidebar = False

    def __init__(
        self,
        service: str,
        parts_of: Callable[[HttpRequest], Parts],
        user_of: Callable[[Claims], AbstractBaseUser | None] = row_made_at_first_sight,
    ) -> None:
        super().__init__(name="admin")
        self.site_header = self.site_title = f"Parley {service}"
        self.site_url = "/"
        self._cookie, self._path = f"parley_{service}_admin", f"/api/{service}/admin/"
        self._parts_of = parts_of
        self._user_of = user_of

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's pages, and ours."""
        letters = csrf_protect(never_cache(self.dead_letters_page))
        return [
            path("breakers/", never_cache(self.breakers_page), name="breakers"),
            path("dead-letters/", letters, name="dead-letters"),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page is made of: Django's part, and the way to the other admins."""
        beside = [(service, f"/api/{service}/admin/") for service in BESIDE]
        return {**super().each_context(request), "beside": beside}

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Return a view that staff only reach."""
        whole = super().admin_view(view, cacheable)
        inner = with_session(whole, cookie=self._cookie, path=self._path)

        def with_staff(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            claims = self._staff_of(request)
            if claims is None:
                return _please_sign_in()
            try:
                user = self._user_of(claims)
                if user is None:
                    return _please_sign_in()
                cast(Any, request).user = user
                return inner(request, *args, **kwargs)
            except (OperationalError, InterfaceError):
                return problem(Unavailable())
            finally:
                # Django makes a thread for each request, and nobody else looks after its own.
                connections.close_all()

        return with_staff

    async def breakers_page(self, request: HttpRequest) -> HttpResponse:
        """Show all breakers of this process: on the event loop, which they belong to.

        The token alone lets in. The database is not asked, whose breaker may be open.
        """
        claims = self._staff_of(request)
        if claims is None:
            return _please_sign_in()
        more = {"process": _process_of(request), "breakers": self._parts_of(request).breakers}
        context = self._context(request, claims, title="Circuit breakers", **more)
        return render(request, "admin/breakers.html", context)

    async def dead_letters_page(self, request: HttpRequest) -> HttpResponse:
        """Show the dead letters of this service's groups, and replay or discard some.

        On the event loop, for Redis. The token alone lets in, as to the breakers.
        """
        claims = self._staff_of(request)
        if claims is None:
            return _please_sign_in()
        places = self._parts_of(request).dead_letters
        told = ""
        try:
            if request.method == "POST":
                what = request.POST.get("what", "")
                done = await dead_letters.decide(
                    places,
                    key=request.POST.get("key", ""),
                    ids=request.POST.getlist("id"),
                    what=what,
                    by=claims.sub,
                )
                told = f"{done} of {len(request.POST.getlist('id'))}: {what}."
            groups = await dead_letters.shown(places)
        except ValueError:
            return problem(BadFrame("There is nothing like that to decide."))
        except (RedisError, OSError):
            return problem(Unavailable())
        context = self._context(request, claims, title="Dead letters", groups=groups, told=told)
        return render(request, "admin/dead_letters.html", context)

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody is let in."""
        return bool(getattr(request, "user", None))

    def login(self, request: HttpRequest, extra_context: Any = None) -> NoReturn:  # noqa: ARG002 - Django's signature
        """Take no passwords: chat does. Likewise for all of the account below."""
        raise Http404

    logout = password_change = password_change_done = login

    def _context(self, request: HttpRequest, claims: Claims, **more: Any) -> dict[str, Any]:
        """Return what a page needs for which the database is not asked, not even for its reader."""
        user = get_user_model()
        cast(Any, request).user = user(**{user.USERNAME_FIELD: claims.name})
        return {**self.each_context(request), **more}

    def _staff_of(self, request: HttpRequest) -> Claims | None:
        try:
            token = presented_token(request)
            claims = None if token is None else self._parts_of(request).verifier.verify(token.text)
        except ParleyError:
            return None
        return claims if claims is not None and claims.staff else None


def _please_sign_in() -> HttpResponse:
    return HttpResponse(
        "This page is for staff. Please sign in on the chat page first, and come back.",
        status=403,
        content_type="text/plain; charset=utf-8",
    )


def _process_of(request: HttpRequest) -> str:
    """Return which process answers: its host, and its port there."""
    _, port = cast(ASGIRequest, request).scope["server"]
    return f"{platform.node()}:{port}"
