"""A process of a service beside the suite, whose PostgreSQL and Redis are not there, or its own."""

import contextlib
import subprocess
from collections.abc import Iterator

from dev.gateway import http_status
from dev.harness import LOG_FILE, wait_until
from dev.manage import surroundings_of
from dev.ports import free_port
from dev.services import service_environment
from dev.settings import ROOT
from tests.integration.chat.world import World
from tests.integration.own_database import service_named
from tests.integration.waiting import WITHIN_S

NO_DATABASE = "postgresql://parley:secret@127.0.0.1:9/parley"
NO_REDIS = "redis://127.0.0.1:9/0"


@contextlib.contextmanager
def lonely_process(
    world: World, name: str, *, database_url: str = NO_DATABASE, **more: str
) -> Iterator[str]:
    """Run one process of a service for as long as the block lasts; give its address.

    It has the world's keys. Never the world's Redis: it would take the others' entries.

    Args:
        world: whose keys.
        name: of the service.
        database_url: its database.
        more: variables that it has instead of those of the world's.
    """
    service = service_named(name)
    around = surroundings_of(world.suite.run_dir, world.suite.state)
    port, internal_port = free_port(), free_port()
    given = service_environment(service, around, port=port, internal_port=internal_port)
    with (world.suite.run_dir / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            service.command(),
            cwd=ROOT,
            env=given | {"DATABASE_URL": database_url, "REDIS_URL": NO_REDIS} | more,
            stdout=log,
            stderr=log,
        )
    try:
        up = f"/api/{name}/docs"
        wait_until(lambda: http_status(port, up) is not None, what=f"{name} to answer")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(WITHIN_S)
