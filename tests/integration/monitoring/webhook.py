"""What Alertmanager's messages are sent to, on loopback."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """Keeps the alerts of all messages, in the order in which they came."""

    url: str = ""
    alerts: list[dict[str, Any]] = field(default_factory=list)

    def find(self, *, status: str, **labels: str) -> dict[str, Any] | None:
        """Return the first alert with this status and these labels, if it has come."""
        for alert in list(self.alerts):
            if alert["status"] == status and labels.items() <= alert["labels"].items():
                return alert
        return None


@contextmanager
def running_webhook() -> Iterator[Webhook]:
    """Listen on a free port inside the block."""
    webhook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            webhook.alerts += json.loads(body)["alerts"]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    webhook.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield webhook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
