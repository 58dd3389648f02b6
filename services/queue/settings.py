"""The settings of queue: read from the environment once, typed, before any port opens.

``QUEUE`` is what our own code uses; the capital names below are Django's.
"""

import re
from typing import Annotated

from pydantic import (
    Field,
    PostgresDsn,
    RedisDsn,
    SecretStr,
    field_validator,
    model_validator,
)
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
from services.queue.domain.endpoints import EndpointRules
from services.queue.domain.vapid import Vapid, check_subject, private_key_of

PUSH_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*")


class QueueSettings(BaseSettings):
    """Every variable that queue reads. Those without a default must be given."""

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
    allowed_origins: config.Listed
    development: bool = False
    log_level: config.LogLevel = "INFO"
    otel_exporter_otlp_endpoint: config.Address = None
    """Where spans are sent, without the path; empty: nowhere."""
    otel_traces_sampler_arg: config.Ratio = 0.01
    """Part of the traces that are recorded."""
    trace_callers: bool = False
    """Lets requests choose their trace by ``traceparent``, and that it is recorded."""

    user_requests_per_s: config.Count = 50
    user_requests_burst: config.Count = 500
    """HTTP requests of one person, by process."""
    database_threads: Annotated[int, Field(ge=1, le=64)] = 4
    """Threads, each with one connection."""

    vapid_private_key: SecretStr | None = None
    """By which push services know us: PEM, or base64url of 32 bytes. Without it nothing is pushed."""
    vapid_subject: str | None = None
    """Where whoever runs a push service reaches whoever runs this: ``mailto:`` or ``https:``."""
    push_hosts: config.Listed = ()
    """Hosts of push services that are called; empty: any that is public."""

    @field_validator("vapid_private_key", "vapid_subject", mode="before")
    @classmethod
    def take_blank_for_missing(cls, value: object) -> object:
        """Let a deployment name the variables and leave them empty."""
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("vapid_private_key", mode="after")
    @classmethod
    def check_key(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what is no key; the message does not repeat it."""
        if value is not None:
            private_key_of(value.get_secret_value())
        return value

    @field_validator("vapid_subject", mode="after")
    @classmethod
    def check_contact(cls, value: str | None) -> str | None:
        """Refuse what push services would refuse."""
        return None if value is None else check_subject(value)

    @field_validator("push_hosts", mode="after")
    @classmethod
    def check_push_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse addresses and patterns that would never be met."""
        if wrong := [host for host in value if not PUSH_HOST.fullmatch(host)]:
            raise ValueError(f"no names of hosts: {', '.join(wrong)}")
        return value

    @model_validator(mode="after")
    def refuse_production_without_tls(self) -> "QueueSettings":
        """Cookies without ``Secure``, and pages without TLS, are for this machine only."""
        config.check_hosts(self.allowed_hosts, development=self.development)
        config.check_origins(self.allowed_origins, development=self.development)
        return self

    @model_validator(mode="after")
    def refuse_a_key_without_contact(self) -> "QueueSettings":
        """Push services want to know whom to tell that something is wrong."""
        if self.vapid_private_key is not None and self.vapid_subject is None:
            raise ValueError("VAPID_PRIVATE_KEY needs VAPID_SUBJECT beside it")
        return self

    @property
    def vapid(self) -> Vapid | None:
        """Who we are to push services; None where nothing is pushed."""
        if self.vapid_private_key is None or self.vapid_subject is None:
            return None
        return Vapid(self.vapid_private_key.get_secret_value(), self.vapid_subject)

    @property
    def endpoint_rules(self) -> EndpointRules:
        """Which push services are called."""
        return EndpointRules(hosts=self.push_hosts, loopback=self.development)


QUEUE = config.load(QueueSettings)

DEBUG = False
SECRET_KEY = QUEUE.secret_key.get_secret_value()
ALLOWED_HOSTS = list(QUEUE.allowed_hosts)
DATABASES = {"default": django_database(str(QUEUE.database_url), name="parley-queue")}
INSTALLED_APPS = [*ADMIN_APPS, "services.queue"]
MIDDLEWARE = [
    "libs.common.http.counting.counted_requests",
    "libs.common.http.middleware.problem_answers",
]
TEMPLATES = ADMIN_TEMPLATES
SILENCED_SYSTEM_CHECKS = [*ADMIN_SILENCED, *CHECKED_OTHERWISE]
MESSAGE_STORAGE = ADMIN_MESSAGES
STATIC_URL = "/api/queue/static/"
SESSION_COOKIE_SECURE = not QUEUE.development
CSRF_COOKIE_NAME = CSRF_COOKIE
CSRF_COOKIE_SECURE = not QUEUE.development
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = list(QUEUE.allowed_origins)
ROOT_URLCONF = "services.queue.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGGING_CONFIG = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
