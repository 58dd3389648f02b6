"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from chat import views as chat
from chat.forward import forward
from shop import views as shop

urlpatterns = [
    path("", shop.home, name="home"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    path(".well-known/jwks.json", chat.keys),
    path("chat/token", chat.token),
    path("chat/", chat.panel),
]

if settings.DEBUG:
    urlpatterns += [re_path(r"^api/(?:chat|presence|queue|receipts)/", forward)]
