"""What Django's middleware gives to all requests, for the admin's alone.

The API needs none of it, and no thread. The session stands in a signed cookie of the admin's own
pages and holds the messages that are to be shown on the next one; with anybody's sign-in it has
nothing to do, and in chat it is not the browser's session there.
"""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

View = Callable[..., HttpResponse]


def with_session(view: View, *, cookie: str, path: str) -> View:
    """Give a view a session, and messages in it.

    Args:
        view: of the admin.
        cookie: the name of the cookie that holds the session.
        path: below which browsers send it.
    """

    def rendered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        return response

    def view_with_session(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        session = SessionStore(request.COOKIES.get(cookie))
        request.session = session
        with_messages = MessageMiddleware(lambda request: rendered(request, *args, **kwargs))
        response = cast(HttpResponse, with_messages(request))
        if session.modified:
            session.save()
            response.set_cookie(
                cookie,
                cast(str, session.session_key),
                path=path,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return view_with_session
