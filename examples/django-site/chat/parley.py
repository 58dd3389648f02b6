"""What this site's server asks Parley."""

import json
from urllib.request import Request, urlopen

from django.conf import settings

from chat.models import ChatUser
from chat.tokens import token_for


def id_of(user):
    """Return the id that a user has at Parley, who is known there from the first call on.

    Raises:
        OSError: Parley cannot be asked.
    """
    known = ChatUser.objects.filter(user=user).first()
    if known is None:
        bearer = sign_in(user)
        parley_id = call("GET", "/api/chat/me", bearer=bearer)["user"]["id"]
        call("POST", "/api/chat/auth/logout", {}, bearer=bearer)
        known, _ = ChatUser.objects.get_or_create(user=user, defaults={"parley_id": parley_id})
    return known.parley_id


def sign_out(user):
    """End all that a user has open at Parley: every browser, every page.

    Raises:
        OSError: Parley cannot be asked.
    """
    if ChatUser.objects.filter(user=user).exists():
        call("POST", "/api/chat/auth/logout", {"everywhere": True}, bearer=sign_in(user))


def sign_in(user):
    """Return a bearer token of a user."""
    return call("POST", "/api/chat/auth/exchange", {"token": token_for(user)})["access_token"]


def call(method, path, body=None, *, bearer=None):
    """Ask Parley, and return what it answers."""
    request = Request(settings.PARLEY_URL + path, method=method)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if bearer is not None:
        request.add_header("Authorization", f"Bearer {bearer}")
    with urlopen(request, timeout=5) as answer:
        return json.loads(answer.read() or b"null")
