"""Paths of the HTTP side. Everything that is not here is a 404 problem."""

from django.urls import path

from libs.common.http.docs import docs_paths
from services.presence import admin
from services.presence.api.app import api

urlpatterns = [
    *docs_paths("presence"),
    path("api/presence/admin/", admin.site.urls),
    path("api/presence/", api.urls),
]
handler400 = "libs.common.http.problems.bad_request"
handler404 = "libs.common.http.problems.not_found"
handler500 = "libs.common.http.problems.server_error"
