"""Django's check against foreign pages: what writes and came with a cookie needs a token as well.

The token stands in a cookie that chat sets when somebody signs in, and every service reads: nothing
has to be shared but the cookie's name (``tokens.CSRF_COOKIE``) and the origins, in Django's settings.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from libs.common.errors import BadJson, CsrfFailed

FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class _Check(CsrfViewMiddleware):
    def _origin_verified(self, request: HttpRequest) -> bool:
        # Django also takes the host that was asked, under http where TLS ends before us.
        return request.META["HTTP_ORIGIN"] in settings.CSRF_TRUSTED_ORIGINS

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:  # noqa: ARG002 - Django's signature
        raise CsrfFailed(reason)


def _no_view() -> HttpResponse:
    """Stand in for the view, of which Django wants to know whether it is exempt."""
    return HttpResponse()


_check = _Check(lambda _: HttpResponse())


def check_token(request: HttpRequest) -> None:
    """Check Origin and ``X-CSRFToken`` of a request; one that only reads passes.

    Raises:
        CsrfFailed: they do not fit.
        BadJson: the body is a form, in which Django would look for the token.
    """
    if request.content_type in FORM_TYPES:
        raise BadJson("The body has to be application/json.")
    _check.process_request(request)
    _check.process_view(request, _no_view, (), {})


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Send the cookie that goes with Django's ``get_token``."""
    _check.process_response(request, response)
