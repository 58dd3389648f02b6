"""The settings of chat: read from the environment once, typed, before any port opens.

``CHAT`` is what our own code uses; the capital names below are Django's.
"""

import base64
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, PostgresDsn, RedisDsn, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from libs.common import config
from libs.common.admin_settings import (
    ADMIN_APPS,
    ADMIN_MESSAGES,
    ADMIN_SILENCED,
    ADMIN_TEMPLATES,
)
from libs.common.control import channel_layer
from libs.common.database import django_database
from libs.common.deployment import CHECKED_OTHERWISE
from libs.common.tokens import CSRF_COOKIE
from services.chat.domain.departing import STOP_S


class ChatSettings(BaseSettings):
    """Every variable that chat reads. Those without a default must be given."""

    database_url: PostgresDsn
    redis_url: RedisDsn
    host: str = "127.0.0.1"
    port: config.Port
    internal_port: config.Port
    server: config.ServerName = "uvicorn"

    secret_key: config.SecretKey
    token_signing_key: SecretStr
    """Ed25519 private key of the access tokens: PEM, or base64 of it."""
    token_verify_keys: config.VerifyKeys
    """Public keys by key id (PEM): all whose tokens are accepted."""

    allowed_hosts: config.Listed
    allowed_origins: config.Listed
    trusted_proxies: config.Networks = ()
    """Whose ``X-Forwarded-For`` is believed: limits are kept by the address of the client."""
    development: bool = False
    """Lets cookies go without Secure, as on http://127.0.0.1. Refused in production."""
    log_level: config.LogLevel = "INFO"
    otel_exporter_otlp_endpoint: config.Address = None
    """Where spans are sent, without the path; empty: nowhere."""
    otel_traces_sampler_arg: config.Ratio = 0.01
    """Part of the traces that are recorded."""
    trace_callers: bool = False
    """Lets requests choose their trace by ``traceparent``, and that it is recorded."""

    services_url: config.Address = None
    """Where the other services are, for traces of messages; ``{service}`` is the name of one."""
    web_root: Path = Path("clients/web/dist")
    """Folder of the built web client, served at ``/``."""
    stream_partitions: Annotated[int, Field(ge=1, le=1024)] = 1
    collect_ms: Annotated[float, Field(ge=0, le=100)] = 10
    """How long the writer collects once more than one message waits."""
    database_threads: Annotated[int, Field(ge=1, le=64)] = 8
    """Threads, each with one connection, for everything but the writer."""
    messages_per_s: config.Count = 20
    messages_burst: config.Count = 100
    typing_per_s: config.Count = 10
    typing_burst: config.Count = 50
    receipts_per_s: config.Count = 100
    receipts_burst: config.Count = 1_000
    """Receipts of a connection above that rate are merged for a second; none is refused."""
    frames_per_s: config.Count = 200
    frames_burst: config.Count = 2_000
    """Frames of a connection, of any kind."""
    frame_bytes_per_s: config.Count = 524_288
    frame_bytes_burst: config.Count = 4_194_304
    user_messages_per_s: config.Count = 60
    user_messages_burst: config.Count = 300
    """Messages of one person, over all connections and processes, by socket and HTTP."""
    user_requests_per_s: config.Count = 50
    user_requests_burst: config.Count = 500
    """HTTP requests of one person, by process."""
    user_connections: config.Count = 50
    """Open WebSockets and long polls of one person, by process."""
    address_handshakes_per_s: config.Count = 200
    address_handshakes_burst: config.Count = 2_000
    """WebSockets that one address may open, by process: an office or a train shares one."""
    connections: config.Count = 10_000
    """Open WebSockets of this process; above it newcomers are refused."""
    memory_limit_mb: Annotated[int, Field(ge=0)] = 0
    """Memory near which newcomers are refused, in MiB; 0 takes the limit of the container."""
    drain_delay_s: config.Seconds = 3
    """From the refusal of newcomers to the first client that is sent elsewhere, at SIGTERM."""
    drain_s: config.Seconds = 15
    """From the first of them to the last."""
    stop_within_s: config.Seconds = 30
    """From SIGTERM to the end of the process: what its platform lets it have."""
    connection_age_s: config.Seconds = 14_400
    """After which clients are asked to come back, perhaps elsewhere; 0 for never."""
    typing_members: Annotated[int, Field(ge=0, le=1024)] = 100
    """Rooms with more members than that show nobody typing; 0 switches it off."""
    presence_members: Annotated[int, Field(ge=0, le=1024)] = 1024
    """Rooms with more members than that make nobody's presence known to anybody."""
    sign_in_sweep_s: Annotated[float, Field(ge=0.1, le=45)] = 15
    """Time from one look at the sign-ins of open sockets to the next; with the read well below the
    minute within which every socket is closed whose sign-in ended."""
    sign_in_per_minute: Annotated[int, Field(ge=1)] = 10
    """Failed sign-ins a minute, by username and by address, before 429."""

    staff_reads_messages: bool = False
    """Lets staff read what people wrote, on the admin's page that finds messages; it is noted."""
    audit_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """For how long it is kept who signed in, and who came into and left which rooms."""

    external_jwks_url: str | None = None
    """Public keys of an issuer whose tokens are exchanged; the three together, or none."""
    external_issuer: Annotated[str | None, Field(max_length=255)] = None
    """``iss`` of its tokens, to the letter."""
    external_audience: str | None = None
    """``aud`` by which its tokens are meant for us."""

    @field_validator("external_jwks_url", "external_issuer", "external_audience", mode="before")
    @classmethod
    def take_blank_for_missing(cls, value: object) -> object:
        """Let a deployment name the variables and leave them empty."""
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("token_signing_key", mode="after")
    @classmethod
    def unwrap_pem(cls, value: SecretStr) -> SecretStr:
        """Accept base64 of the PEM, which survives one-line environments."""
        text = value.get_secret_value()
        if text.lstrip().startswith("-----BEGIN"):
            return value
        return SecretStr(base64.b64decode(text, validate=True).decode("ascii"))

    @model_validator(mode="after")
    def refuse_production_without_tls(self) -> "ChatSettings":
        """Cookies without ``Secure``, and pages without TLS, are for this machine only."""
        config.check_hosts(self.allowed_hosts, development=self.development)
        config.check_origins(self.allowed_origins, development=self.development)
        return self

    @model_validator(mode="after")
    def refuse_a_drain_that_is_cut_short(self) -> "ChatSettings":
        """Who would still be here when the platform loses patience is cut off all at once."""
        if self.drain_delay_s + self.drain_s + STOP_S > self.stop_within_s:
            raise ValueError(
                f"DRAIN_DELAY_S + DRAIN_S + {STOP_S:g} must not be above STOP_WITHIN_S"
            )
        return self

    @model_validator(mode="after")
    def refuse_half_an_issuer(self) -> "ChatSettings":
        """An issuer without audience would let in whoever has a token for something else."""
        issuer = (self.external_jwks_url, self.external_issuer, self.external_audience)
        if any(issuer) and not all(issuer):
            raise ValueError(
                "EXTERNAL_JWKS_URL, EXTERNAL_ISSUER and EXTERNAL_AUDIENCE belong together"
            )
        if self.external_jwks_url is not None:
            check_keys_url(self.external_jwks_url, loopback_allowed=self.development)
        return self


def check_keys_url(url: str, *, loopback_allowed: bool) -> None:
    """Check that nobody between us and the issuer can replace its keys.

    Raises:
        ValueError: it is no ``https`` URL, nor, where that is allowed, ``http`` on this machine.
    """
    parts = urlsplit(url)
    local = loopback_allowed and parts.hostname in config.LOOPBACK_HOSTS
    readable = re.fullmatch(r"https?://[!-~]+", url) and parts.hostname and parts.port != 0
    if not readable or (parts.scheme != "https" and not local):
        raise ValueError("EXTERNAL_JWKS_URL has to be an https URL")


CHAT = config.load(ChatSettings)

DEBUG = False
SECRET_KEY = CHAT.secret_key.get_secret_value()
ALLOWED_HOSTS = list(CHAT.allowed_hosts)
DATABASES = {"default": django_database(str(CHAT.database_url), name="parley-chat")}
INSTALLED_APPS = [*ADMIN_APPS, "django.contrib.postgres", "services.chat"]
CHANNEL_LAYERS = {"default": channel_layer(str(CHAT.redis_url))}
AUTH_USER_MODEL = "chat.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
MIDDLEWARE = [
    "libs.common.http.counting.counted_requests",
    "libs.common.http.middleware.problem_answers",
]
TEMPLATES = ADMIN_TEMPLATES
SILENCED_SYSTEM_CHECKS = [*ADMIN_SILENCED, *CHECKED_OTHERWISE]
MESSAGE_STORAGE = ADMIN_MESSAGES
STATIC_URL = "/api/chat/static/"
ROOT_URLCONF = "services.chat.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGGING_CONFIG = None
SESSION_COOKIE_NAME = "parley_session"
SESSION_COOKIE_PATH = "/api/chat/"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SECURE = not CHAT.development
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = CSRF_COOKIE
CSRF_COOKIE_SECURE = not CHAT.development
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = list(CHAT.allowed_origins)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
AUDIT_DAYS = CHAT.audit_days
