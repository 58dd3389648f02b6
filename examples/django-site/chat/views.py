"""What pages, and Parley, ask this site."""

import logging

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from chat.parley import id_of
from chat.tokens import key_set, token_for

logger = logging.getLogger(__name__)


def keys(request):
    """Tell everybody by which key our tokens are known."""
    return JsonResponse(key_set())


@never_cache
def token(request):
    """Tell a page who its user is, in a way that Parley believes."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    try:
        id_of(request.user)
    except OSError as error:
        logger.warning("Parley does not say who %s is: %s", request.user.pk, error)
        return JsonResponse({}, status=503)
    return JsonResponse({"token": token_for(request.user)})


@login_required
def panel(request):
    """Show the page that chats."""
    return render(request, "chat/panel.html")
