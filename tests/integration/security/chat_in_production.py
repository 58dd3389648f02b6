"""A process of chat as in production, beside a suite that is in development: its cookies differ."""

import contextlib
import subprocess
from collections.abc import Iterator

from dev.gateway import http_status
from dev.harness import LOG_FILE, wait_until
from dev.manage import surroundings_of
from dev.ports import free_port
from dev.services import service_environment
from dev.settings import ROOT
from tests.integration.chat.world import WITHIN_S, World
from tests.integration.own_database import service_named
from tests.production import HOST, ORIGIN


@contextlib.contextmanager
def chat_in_production(world: World) -> Iterator[str]:
    """Run one on the suite's data for the block; give its address, without TLS in front."""
    service = service_named("chat")
    port, internal_port = free_port(), free_port()
    given = service_environment(
        service,
        surroundings_of(world.suite.run_dir, world.suite.state),
        port=port,
        internal_port=internal_port,
    )
    changed = {"DEVELOPMENT": "false", "ALLOWED_ORIGINS": ORIGIN, "ALLOWED_HOSTS": HOST}
    with (world.suite.run_dir / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            service.command(), cwd=ROOT, env=given | changed, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: http_status(internal_port, "/readyz") == 200, what="chat to be ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(WITHIN_S)
