"""Settings for unit tests and for mypy: every service's app, and no environment at all."""

SECRET_KEY = "only-for-tests"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "services.chat",
    "services.presence",
    "services.queue",
    "services.receipts",
]
AUTH_USER_MODEL = "chat.User"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "unused"}}
USE_TZ = True
TIME_ZONE = "UTC"
