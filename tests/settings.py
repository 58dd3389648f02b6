"""Settings for unit tests and for mypy: every app that there is, and no environment at all."""

from libs.common.admin_settings import ADMIN_APPS, ADMIN_TEMPLATES

ALLOWED_HOSTS = ["*"]
SECRET_KEY = "only-for-tests"
INSTALLED_APPS = [
    *ADMIN_APPS,
    "django.contrib.postgres",
    "services.chat",
    "services.presence",
    "services.queue",
    "services.receipts",
    "benchmarks.tutorial",
]
TEMPLATES = ADMIN_TEMPLATES
STATIC_URL = "/api/any/static/"
AUDIT_DAYS = 365
AUTH_USER_MODEL = "chat.User"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "unused"}}
USE_TZ = True
TIME_ZONE = "UTC"
