"""What Django's admin needs in the settings of a service that mounts it.

It is for staff as the access token tells (``libs.common.http.admin``), so of Django's own sign-in
only the table of users is there. It also looks after sessions and messages: only its pages have any,
so nothing of them stands in ``MIDDLEWARE``.
"""

from pathlib import Path
from typing import Any

ADMIN_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
]
ADMIN_TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "http" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ADMIN_MESSAGES = "django.contrib.messages.storage.session.SessionStorage"
"""In the admin's own cookie: another Django beside us may have one for all paths."""
ADMIN_SILENCED = ["admin.E408", "admin.E409", "admin.E410"]
"""Middleware is missing, because the token tells who asks, and the admin itself does the rest."""
