"""What Django's admin needs in the settings of a service that mounts it.

It is for staff as the access token tells (``libs.common.http.admin``), so of Django's own sign-in
only the table of users is there.
"""

from typing import Any

ADMIN_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
]
ADMIN_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ADMIN_TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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
ADMIN_SILENCED = ["admin.E408"]
"""``AuthenticationMiddleware`` is missing, because the token tells who asks."""
