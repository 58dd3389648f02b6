"""Paths of the HTTP side. Everything that is not here is a 404 problem."""

from django.urls import path
from django.views.decorators.http import require_safe

from libs.common.http.docs import docs_paths
from services.chat import admin
from services.chat.api.app import api
from services.chat.api.health import healthz

urlpatterns = [
    path("healthz", require_safe(healthz)),
    *docs_paths("chat"),
    path("api/chat/admin/", admin.site.urls),
    path("api/chat/", api.urls),
]
handler400 = "libs.common.http.problems.bad_request"
handler404 = "libs.common.http.problems.not_found"
handler500 = "libs.common.http.problems.server_error"
