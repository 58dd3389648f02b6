"""Paths of the HTTP side. Everything that is not here is a 404 problem."""

from django.urls import path

from services.chat.api import docs
from services.chat.api.app import api
from services.chat.api.health import healthz

urlpatterns = [
    path("healthz", healthz),
    path("api/chat/docs", docs.page),
    path("api/chat/docs/start.js", docs.start),
    path("api/chat/docs/<str:name>", docs.file),
    path("api/chat/", api.urls),
]
handler400 = "services.chat.api.problems.bad_request"
handler404 = "services.chat.api.problems.not_found"
handler500 = "services.chat.api.problems.server_error"
