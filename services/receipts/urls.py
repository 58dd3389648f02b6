"""Paths of the HTTP side. Everything that is not here is a 404 problem."""

from django.urls import path

from libs.common.http.docs import docs_paths
from services.receipts import admin
from services.receipts.api.app import api

urlpatterns = [
    *docs_paths("receipts"),
    path("api/receipts/admin/", admin.site.urls),
    path("api/receipts/", api.urls),
]
handler400 = "libs.common.http.problems.bad_request"
handler404 = "libs.common.http.problems.not_found"
handler500 = "libs.common.http.problems.server_error"
