"""Paths of the HTTP side. Everything that is not here is a 404 problem."""

from django.urls import path
from django.views.decorators.http import require_safe

from services.chat.api import docs
from services.chat.api.app import api
from services.chat.api.health import healthz

urlpatterns = [
    path("healthz", require_safe(healthz)),
    path("api/chat/docs", require_safe(docs.page)),
    path("api/chat/docs/start.js", require_safe(docs.start)),
    path("api/chat/docs/<str:name>", require_safe(docs.file)),
    path("api/chat/", api.urls),
]
handler400 = "services.chat.api.problems.bad_request"
handler404 = "services.chat.api.problems.not_found"
handler500 = "services.chat.api.problems.server_error"
