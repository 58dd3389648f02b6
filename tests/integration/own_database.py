"""One service's own tables on a real server, without the suite: what tests of its parts stand on."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg2
from django.db import connections
from django.db.utils import ConnectionHandler

from dev.databases import beside, make_databases
from dev.services import SERVICES, Service
from libs.common.database import django_database
from tests.integration.upgrading.migrator import migrator_of


def service_named(name: str) -> Service:
    """Return a service of the suite."""
    return next(each for each in SERVICES if each.name == name)


def make_migrated(service: str, server_url: str) -> str:
    """Make a database with a service's tables on a server; return its URL."""
    name = f"{service}_{uuid.uuid4().hex[:8]}"
    make_databases(beside(server_url, "postgres"), [name])
    with migrator_of(service_named(service), server_url) as own:
        own.migrate(name)
    return beside(server_url, name)


@contextlib.contextmanager
def connected_orm(url: str) -> Iterator[None]:
    """Let this process' selectors and actions work on a database, in threads that begin now."""
    others = connections.settings
    connections.settings = ConnectionHandler(
        {"default": dict(django_database(url, name="test"))}
    ).settings
    try:
        yield
    finally:
        connections.settings = others


@contextlib.contextmanager
def orm_on(url: str) -> Iterator[None]:
    """Let selectors and actions work on a database in this very thread."""
    settings = {"default": dict(django_database(url, name="test"))}
    unused = connections["default"]
    connections["default"] = ConnectionHandler(settings)["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = unused


def run(url: str, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Run statements in one transaction."""
    with contextlib.closing(psycopg2.connect(url)) as connection, connection:
        connection.cursor().execute(sql, parameters)
