"""A WebSocket that shakes hands and then reads nothing until it is told to read on."""

import socket

from websockets.client import ClientProtocol
from websockets.uri import parse_uri

RECEIVE_BUFFER_BYTES = 4_096
PATIENCE_S = 30.0


class StalledReader:
    """One session. What it does not read fills the server's buffers, not its own."""

    def __init__(self, port: int, token: str) -> None:
        self._protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/ws/chat/"))
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(("127.0.0.1", port))
        request = self._protocol.connect()
        request.headers["Authorization"] = f"Bearer {token}"
        self._protocol.send_request(request)
        self._socket.sendall(b"".join(self._protocol.data_to_send()))
        while not self._protocol.events_received():
            self._protocol.receive_data(self._socket.recv(1024))

    def read_on(self) -> int | None:
        """Read to the end; return the close code, None where the connection just broke."""
        while self._protocol.close_rcvd is None and (data := self._socket.recv(65_536)):
            self._protocol.receive_data(data)
            self._protocol.events_received()
        close = self._protocol.close_rcvd
        return None if close is None else close.code

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()
