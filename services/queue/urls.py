"""Paths of the HTTP side. Everything that is not here is a 404 problem."""

from django.urls import path

from libs.common.http.docs import docs_paths
from services.queue import admin
from services.queue.api.app import api

urlpatterns = [
    *docs_paths("queue"),
    path("api/queue/admin/", admin.site.urls),
    path("api/queue/", api.urls),
]
handler400 = "libs.common.http.problems.bad_request"
handler404 = "libs.common.http.problems.not_found"
handler500 = "libs.common.http.problems.server_error"
