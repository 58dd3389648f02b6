"""Paths: one WebSocket, and a page by which one sees that the process serves."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.tutorial.consumers import ChatConsumer


def healthy(_request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("ok")


urlpatterns = [path("healthz", healthy)]
websocket_urlpatterns = [path("ws/chat/", ChatConsumer.as_asgi())]
