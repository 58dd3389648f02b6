"""A service of twenty lines in the place of chat: it says who it is, and is always ready.

Run as `python -m tests.integration.dev.stand_in_service`; `migrate` does nothing, successfully.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dev.settings import environment


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"pid": os.getpid(), "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def serve() -> None:
    ports = [int(environment()[name]) for name in ("PORT", "INTERNAL_PORT")]
    servers = [ThreadingHTTPServer(("127.0.0.1", port), Answer) for port in ports]
    threading.Thread(target=servers[1].serve_forever, daemon=True).start()
    servers[0].serve_forever()


if __name__ == "__main__" and "migrate" not in sys.argv:
    if "STAND_IN_FAILS" in environment():
        sys.exit(int(environment()["STAND_IN_FAILS"]))
    serve()
