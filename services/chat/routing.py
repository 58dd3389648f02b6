"""Paths of the WebSockets."""

from collections.abc import Sequence
from typing import Any

from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.urls import re_path

from services.chat.consumers.credentials import OriginRule


def websockets(chat: Any, notifications: Any, *, allowed_origins: Sequence[str]) -> Any:
    """Return the application that serves all WebSockets.

    Args:
        chat: the application of ``/ws/chat/``.
        notifications: the application of ``/ws/notifications/``.
        allowed_origins: pages that may connect, as ``scheme://host[:port]``.
    """
    routes = [
        re_path(r"^ws/chat/$", chat),
        re_path(r"^ws/notifications/$", notifications),
        re_path(r"", WebsocketDenier()),
    ]
    return OriginRule(URLRouter(routes), allowed_origins)
