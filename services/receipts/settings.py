"""The settings of receipts: read from the environment once, typed, before any port opens.

``RECEIPTS`` is what our own code uses; the capital names below are Django's.
"""

from typing import Annotated, Literal

from pydantic import Field, PostgresDsn, RedisDsn, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from libs.common import config
from libs.common.database import django_database


class ReceiptsSettings(BaseSettings):
    """Every variable that receipts reads. Those without a default must be given."""

    database_url: PostgresDsn
    redis_url: RedisDsn
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]
    internal_port: Annotated[int, Field(ge=1, le=65535)]
    server: Literal["uvicorn", "daphne"] = "uvicorn"

    secret_key: SecretStr
    token_verify_keys: dict[str, str]
    """Public keys by key id (PEM): all whose tokens are accepted."""

    allowed_hosts: Annotated[tuple[str, ...], NoDecode]
    development: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    stream_partitions: Annotated[int, Field(ge=1, le=1024)] = 1
    """As many as chat has."""
    database_threads: Annotated[int, Field(ge=1, le=64)] = 4
    """Threads, each with one connection, for everything but the fold of receipts."""
    keep_log_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """For how long one can ask when a message was received and read."""

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def split_list(cls, value: object) -> object:
        """Accept a comma-separated list."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


RECEIPTS = config.load(ReceiptsSettings)

DEBUG = False
SECRET_KEY = RECEIPTS.secret_key.get_secret_value()
ALLOWED_HOSTS = list(RECEIPTS.allowed_hosts)
DATABASES = {"default": django_database(str(RECEIPTS.database_url), name="parley-receipts")}
INSTALLED_APPS = ["django.contrib.postgres", "services.receipts"]
MIDDLEWARE = ["libs.common.http.middleware.problem_answers"]
ROOT_URLCONF = "services.receipts.urls"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGGING_CONFIG = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
