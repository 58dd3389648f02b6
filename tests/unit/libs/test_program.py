from types import SimpleNamespace
from typing import Any

import httpx
import uvicorn

from libs.common import program


def test_uvicorn_keeps_idle_connections_longer_than_clients_do(monkeypatch):
    # It would change the loggers of this whole process.
    monkeypatch.setattr(uvicorn.Config, "configure_logging", lambda _: None)
    parts: Any = SimpleNamespace(
        application=None, sockets=None, process=SimpleNamespace(begin_to_stop=None)
    )
    settings: Any = SimpleNamespace(host="127.0.0.1", port=0)

    server: Any = program.uvicorn(parts, settings)

    kept_s = httpx.Limits().keepalive_expiry
    assert kept_s is not None
    assert server.config.timeout_keep_alive == program.KEEP_ALIVE_S > kept_s
