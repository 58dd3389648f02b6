"""PostgreSQL and Redis of a run: the embedded ones, or those that the environment names."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from dev import databases, ports, postgres, redis_users, valkey
from dev.crew import Crew
from dev.errors import CannotStart
from dev.keys import Secrets
from dev.log import Log
from dev.process import Program
from dev.services import Service
from dev.settings import Settings

STATUS_OK = 0


@dataclass(frozen=True, kw_only=True)
class RedisUrls:
    """One Redis, as each of its users reaches it."""

    administrator: str
    services: str
    push: str

    @classmethod
    def of_one(cls, url: str) -> "RedisUrls":
        """Take the same user for everything, as it was given."""
        return cls(administrator=url, services=url, push=url)


@dataclass(frozen=True, kw_only=True)
class DataServers:
    """Where the data are, ready to be used.

    Attributes:
        redis: as the administrator, the services and other programs that push.
        database_admin_url: a role that may make databases; empty where each service has its own.
        database_urls: by service; the databases exist.
    """

    redis: RedisUrls
    database_admin_url: str
    database_urls: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class DataServersStarter:
    """Starts what is embedded and makes the databases.

    Attributes:
        free_port: gives a new port at each call.
    """

    settings: Settings
    services: Sequence[Service]
    secrets: Secrets
    crew: Crew
    log: Log
    free_port: Callable[[], int]

    def start(self) -> DataServers:
        """Return when both answer and every service has its database.

        Raises:
            CannotStart: a server does not come up, or one that was given does not answer.
        """
        if self.settings.redis_url and not valkey.answers(self.settings.redis_url):
            raise CannotStart("The Redis that REDIS_URL names does not answer.")
        programs: list[Program] = []
        redis = self._redis(programs)
        admin_url = self.settings.database_url
        superuser_url = None
        if admin_url is None and self._without_own_database():
            port = self.free_port()
            admin_url = self._postgres_url(databases.ROLE, port)
            superuser_url = self._postgres_url(postgres.SUPERUSER, port)
            programs.append(self._embed_postgres(port, superuser_url))
        self.crew.start_floor(programs)
        if superuser_url is not None:
            databases.make_admin(superuser_url, self.secrets.postgres_password)
        database_urls = self._make_databases(admin_url)
        if superuser_url is not None:
            database_urls |= self._give_databases(superuser_url)
        return DataServers(
            redis=redis, database_admin_url=admin_url or "", database_urls=database_urls
        )

    def _without_own_database(self) -> list[Service]:
        own = self.settings.database_urls
        return [service for service in self.services if service.name not in own]

    def _make_databases(self, admin_url: str | None) -> dict[str, str]:
        urls = dict(self.settings.database_urls)
        if admin_url is not None:
            needed = {service.name: service.database for service in self._without_own_database()}
            databases.make_databases(admin_url, list(needed.values()))
            urls |= {name: databases.beside(admin_url, needed[name]) for name in needed}
        return urls

    def _give_databases(self, superuser_url: str) -> dict[str, str]:
        port, urls = urlsplit(superuser_url).port or 0, {}
        for service in self._without_own_database():
            role = service.database
            password = databases.password_of(role, secret=self.secrets.postgres_password)
            databases.make_owner(superuser_url, role, password)
            databases.give(superuser_url, service.database, role=role)
            urls[service.name] = postgres.url(role, password, port, service.database)
        return urls

    def _redis(self, programs: list[Program]) -> RedisUrls:
        if self.settings.redis_url:
            return RedisUrls.of_one(self.settings.redis_url)
        port, password = self._port_of_redis(), self.secrets.redis_password
        passwords = {
            redis_users.SERVICES_USER: self.secrets.redis_services_password,
            redis_users.PUSH_USER: self.secrets.redis_push_password,
        }
        program = valkey.server_program(
            self.settings.run_dir, password=password, passwords=passwords, port=port
        )
        programs.append(program)
        others = {user: valkey.url(passwords[user], port, user=user) for user in passwords}
        return RedisUrls(
            administrator=valkey.url(password, port),
            services=others[redis_users.SERVICES_USER],
            push=others[redis_users.PUSH_USER],
        )

    def _port_of_redis(self) -> int:
        # The same as before where it can be had: programs that push have it in their settings.
        before = valkey.last_port(self.settings.run_dir)
        return before if before is not None and ports.take(before) else self.free_port()

    def _embed_postgres(self, port: int, superuser_url: str) -> Program:
        place = postgres.find_place(self.settings.run_dir)
        if place.folder.parent != self.settings.run_dir:
            self.log.note(f"PostgreSQL's files are in {place.folder}, which its account can enter")
        if place.data.exists():
            postgres.check_major(place.data)
        else:
            self._make_data(place)
        return postgres.server_program(place, port=port, superuser_url=superuser_url)

    def _make_data(self, place: postgres.Place) -> None:
        began_s = time.monotonic()
        self.log.note("PostgreSQL makes its data folder (only the first time)")
        initdb = postgres.initdb_program(place, self.secrets.postgres_password)
        if self.crew.run_once(initdb) != STATUS_OK:
            raise CannotStart(f"initdb failed in {place.folder}; see its lines above.")
        postgres.finish_initdb(place)
        self.log.note(f"PostgreSQL's data folder is made ({time.monotonic() - began_s:.1f} s)")

    def _postgres_url(self, role: str, port: int) -> str:
        return postgres.url(role, self.secrets.postgres_password, port, "postgres")
