"""The settings of receipts: read from the environment once, typed, before any port opens.

``RECEIPTS`` is what our own code uses; the capital names below are Django's.
"""

from typing import Annotated

from pydantic import Field, PostgresDsn, RedisDsn, model_validator
from pydantic_settings import BaseSettings

from libs.common import config
from libs.common.admin_settings import (
    ADMIN_APPS,
    ADMIN_MESSAGES,
    ADMIN_SILENCED,
    ADMIN_TEMPLATES,
)
from libs.common.database import django_database
from libs.common.deployment import CHECKED_OTHERWISE
from libs.common.tokens import CSRF_COOKIE


class ReceiptsSettings(BaseSettings):
    """Every variable that receipts reads. Those without a default must be given."""

    database_url: PostgresDsn
    redis_url: RedisDsn
    host: str = "127.0.0.1"
    port: config.Port
    internal_port: config.Port
    server: config.ServerName = "uvicorn"

    secret_key: config.SecretKey
    token_verify_keys: config.VerifyKeys
    """Public keys by key id (PEM): all whose tokens are accepted."""

    allowed_hosts: config.Listed
    trusted_proxies: config.Networks = ()
    development: bool = False
    log_level: config.LogLevel = "INFO"
    otel_exporter_otlp_endpoint: config.Address = None
    """Where spans are sent, without the path; empty: nowhere."""
    otel_traces_sampler_arg: config.Ratio = 0.01
    """Part of the traces that are recorded."""
    trace_callers: bool = False
    """Lets requests choose their trace by ``traceparent``, and that it is recorded."""

    stream_partitions: Annotated[int, Field(ge=1, le=1024)] = 1
    """As many as chat has."""
    user_requests_per_s: config.Count = 50
    user_requests_burst: config.Count = 500
    """HTTP requests of one person, by process."""
    database_threads: Annotated[int, Field(ge=1, le=64)] = 4
    """Threads, each with one connection, for everything but the fold of receipts."""
    keep_log_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """For how long one can ask when a message was received and read."""

    @model_validator(mode="after")
    def refuse_production_without_tls(self) -> "ReceiptsSettings":
        """Cookies without ``Secure`` are for this machine only."""
        config.check_hosts(self.allowed_hosts, development=self.development)
        return self


RECEIPTS = config.load(ReceiptsSettings)

DEBUG = False
SECRET_KEY = RECEIPTS.secret_key.get_secret_value()
ALLOWED_HOSTS = list(RECEIPTS.allowed_hosts)
DATABASES = {"default": django_database(str(RECEIPTS.database_url), name="parley-receipts")}
INSTALLED_APPS = [*ADMIN_APPS, "django.contrib.postgres", "services.receipts"]
MIDDLEWARE = [
    "libs.common.http.counting.counted_requests",
    "libs.common.http.middleware.problem_answers",
]
TEMPLATES = ADMIN_TEMPLATES
SILENCED_SYSTEM_CHECKS = [*ADMIN_SILENCED, *CHECKED_OTHERWISE]
MESSAGE_STORAGE = ADMIN_MESSAGES
STATIC_URL = "/api/receipts/static/"
SESSION_COOKIE_SECURE = not RECEIPTS.development
CSRF_COOKIE_NAME = CSRF_COOKIE
CSRF_COOKIE_SECURE = not RECEIPTS.development
CSRF_COOKIE_SAMESITE = "Lax"
ROOT_URLCONF = "services.receipts.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGGING_CONFIG = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
