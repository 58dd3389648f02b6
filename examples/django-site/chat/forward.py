"""Parley's API on this site's own address: for the desk. In production your web server does this."""

from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

ASKED = ("Accept", "Content-Type", "Cookie", "If-None-Match", "Origin", "User-Agent", "X-CSRFToken")
ANSWERED = ("Cache-Control", "Content-Type", "ETag", "Retry-After")


@csrf_exempt  # Parley looks at its own token
def forward(request):
    """Ask Parley the same, and answer what it answers."""
    headers = {name: request.headers[name] for name in ASKED if name in request.headers}
    parley = HTTPConnection(urlsplit(settings.PARLEY_URL).netloc, timeout=40)
    try:
        parley.request(request.method, request.get_full_path(), request.body, headers)
        answer = parley.getresponse()
        response = HttpResponse(answer.read(), status=answer.status)
    except (OSError, HTTPException):
        return HttpResponse(status=503)
    finally:
        parley.close()
    for name in ANSWERED:
        if name in answer.headers:
            response[name] = answer.headers[name]
    for cookie in answer.headers.get_all("Set-Cookie", []):
        response.cookies.load(cookie)
    return response
