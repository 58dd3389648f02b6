"""Paths of the HTTP side. Everything that is not here is a 404 problem."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
