"""Two other chats to measure Parley against, each on the very PostgreSQL and Valkey that Parley gets.

PostgreSQL waits for the disk at every commit and Valkey keeps its append-only file, as under
``make up``. What makes each chat as good as it can be stands where it is set: ``tutorial/settings.py``
and ``socketio/server.mjs``. Both speak a part of Parley's protocol: ``welcome``; ``message``, its
``ack``, and ``message`` for the others; ``delivered``, and ``status`` for the others. For Socket.IO
the ``type`` names the event, which carries the rest of the frame.

Neither recognises a message that is sent again, numbers a room's messages without a gap, keeps
receipts, or brings what was missed. Parley does, and nothing is taken off what that costs it.

An exception or Ctrl-C in the block stops everything, too; after ``kill -9`` it lives on until another
one starts in the same folder. A process that dies meanwhile is started again, and the log says so.
"""

import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jwt
import psycopg2
from psycopg2.extras import execute_values

from benchmarks.load.dialects import Dialect, SocketIO, Tutorial
from benchmarks.load.fleet import Target
from benchmarks.load.people import Somebody
from dev import web
from dev.crew import Crew
from dev.data_servers import STATUS_OK, DataServersStarter
from dev.errors import CannotStart
from dev.files import read_json
from dev.gateway import http_status
from dev.keys import load_secrets
from dev.leftovers import end_leftovers
from dev.log import Log
from dev.ports import LOOPBACK, free_port
from dev.process import Program
from dev.services import Service
from dev.settings import Settings
from dev.up import make_run_dir, reset

LOG_FILE = "opponent.log"
TAIL_CHARS = 4_000
BACKLOG = 2_048
"""Connections that may wait to be accepted, as many as with Parley. daphne's own 50 are few for a crowd."""
NODE_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class _Servers:
    """PostgreSQL and Valkey of one chat, and how its programs find them."""

    name: str
    folder: Path
    crew: Crew
    database_url: str
    environment: Mapping[str, str]

    def run(self, *command: str, env: Mapping[str, str]) -> None:
        """Run a program to its end.

        Raises:
            CannotStart: it failed.
        """
        program = Program(
            name=self.name,
            service=self.name,
            command=command,
            environment=env,
            port=0,
            is_ready=lambda: True,
        )
        if self.crew.run_once(program) != STATUS_OK:
            raise CannotStart(f"{' '.join(command[1:4])} failed")

    def serve(
        self, programs: Sequence[Program], *, dialect: type[Dialect], people: Sequence[Somebody]
    ) -> Target:
        """Start a chat; return when each of its processes answers."""
        self.crew.start_floor(programs)
        return Target(
            name=self.name,
            urls=[f"http://{LOOPBACK}:{program.port}" for program in programs],
            dialect=dialect,
            people=people,
            watched=[(each.service, each.pid) for each in self.crew.living()],
        )


@contextmanager
def tutorial(folder: Path, *, rooms: Sequence[int], layer: str = "core") -> Iterator[Target]:
    """Run what tutorials of Django Channels build: one process of daphne, and the ORM.

    Args:
        folder: for its data and its log; is made.
        rooms: the number of members of each; they are made as well.
        layer: ``core`` is RedisChannelLayer, which everybody uses; ``pubsub`` is
            RedisPubSubChannelLayer, with which it is at its best.

    Raises:
        RuntimeError: it did not come up; the message holds the end of its log.
    """
    with _servers(folder, "tutorial") as servers:
        env = {
            **servers.environment,
            "DJANGO_SETTINGS_MODULE": "benchmarks.tutorial.settings",
            "CHANNEL_LAYER": layer,
        }
        django = (sys.executable, "-m", "django")
        made = servers.folder / "people.json"
        servers.run(*django, "migrate", "--verbosity=0", env=env)
        servers.run(*django, "people", f"--into={made}", *map(str, rooms), env=env)
        people = [Somebody(**each) for each in read_json(made)]
        made.unlink()
        yield servers.serve([_daphne(env)], dialect=Tutorial, people=people)


@contextmanager
def socketio(folder: Path, *, rooms: Sequence[int]) -> Iterator[Target]:
    """Run Socket.IO: two processes of Node that reach each other over the Redis adapter.

    Its packages are installed at the first use. Until Node has compiled what runs often, some
    thousand messages cost half as much again.

    Args:
        folder: for its data and its log; is made.
        rooms: the number of members of each; they are made as well.

    Raises:
        CannotStart: its packages cannot be installed.
        RuntimeError: it did not come up; the message holds the end of its log.
    """
    web.install(web.SOCKETIO)
    with _servers(folder, "socketio") as servers:
        people = _people_of_socketio(servers, rooms)
        env = {**servers.environment, "NODE_ENV": "production"}
        numbers = range(1, NODE_PROCESSES + 1)
        nodes = [_node(env, number) for number in numbers]
        yield servers.serve(nodes, dialect=SocketIO, people=people)


def _daphne(env: Mapping[str, str]) -> Program:
    port = free_port()
    listen = f"tcp:port={port}:interface={LOOPBACK}:backlog={BACKLOG}"
    served = "benchmarks.tutorial.asgi:application"
    return Program(
        name="daphne",
        service="daphne",
        command=(sys.executable, "-m", "daphne", "--verbosity=0", "-e", listen, served),
        environment=env,
        port=port,
        is_ready=lambda: http_status(port, "/healthz") is not None,
    )


def _node(env: Mapping[str, str], number: int) -> Program:
    port = free_port()
    return Program(
        name=f"node-{number}",
        service=f"node-{number}",
        command=(shutil.which("node", path=env["PATH"]) or "node", "server.mjs"),
        environment={**env, "PORT": str(port)},
        port=port,
        is_ready=lambda: http_status(port, "/socket.io/") is not None,
        folder=web.SOCKETIO,
    )


def _people_of_socketio(servers: _Servers, rooms: Sequence[int]) -> list[Somebody]:
    places = [str(room) for size in rooms for room in [uuid.uuid4()] * size]
    users = [str(uuid.uuid4()) for _ in places]
    pairs = list(zip(users, places, strict=True))
    connection = psycopg2.connect(servers.database_url)
    with closing(connection), connection, connection.cursor() as cursor:
        cursor.execute((web.SOCKETIO / "schema.sql").read_text(encoding="utf-8"))
        execute_values(cursor, "INSERT INTO person (id, room_id) VALUES %s", pairs)
    key = servers.environment["SECRET_KEY"]
    return [
        Somebody(user=user, room=room, token=jwt.encode({"sub": user}, key, algorithm="HS256"))
        for user, room in pairs
    ]


@contextmanager
def _servers(folder: Path, name: str) -> Iterator[_Servers]:
    settings = Settings(run_dir=folder.absolute())
    make_run_dir(settings.run_dir)
    end_leftovers(settings.run_dir)
    written = settings.run_dir / LOG_FILE
    with written.open("a", encoding="utf-8") as stream:
        log = Log(stream)
        crew = Crew(settings.run_dir, log=log, on_change=lambda: None)
        try:
            yield _start_servers(settings, name, crew=crew, log=log)
        except CannotStart as error:
            told = written.read_text(encoding="utf-8")[-TAIL_CHARS:]
            raise RuntimeError(f"{error}\n{told}") from error
        finally:
            crew.take_down()
            end_leftovers(settings.run_dir)
            reset(settings)


def _start_servers(settings: Settings, name: str, *, crew: Crew, log: Log) -> _Servers:
    secrets = load_secrets(settings.run_dir)
    data = DataServersStarter(
        settings=settings,
        services=[Service(name=name, paths=(), module="")],
        secrets=secrets,
        crew=crew,
        log=log,
        free_port=free_port,
    ).start()
    database_url = data.database_urls[name]
    database = urlsplit(database_url)
    env = {
        **web.npm_environment(),
        "PGHOST": str(database.hostname),
        "PGPORT": str(database.port),
        "PGUSER": unquote(database.username or ""),
        "PGPASSWORD": unquote(database.password or ""),
        "PGDATABASE": database.path.removeprefix("/"),
        "REDIS_URL": data.redis.administrator,
        "SECRET_KEY": secrets.secret_key,
    }
    return _Servers(name, settings.run_dir, crew, database_url, env)
