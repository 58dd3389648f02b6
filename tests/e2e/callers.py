"""People who talk to the server over HTTP with a token, and need no window for it.

The token is a sign-in of its own: what happens to that of a window is nothing to it.
"""

import uuid
from contextlib import ExitStack
from typing import Self

import httpx

from tests.e2e.person import PASSWORD, unique

WITHIN_S = 30


class Caller:
    """Somebody who is signed up, and signed in here."""

    def __init__(self, http, username):
        self.username = username
        self._http = http
        self._http.cookies.clear()
        user = {"username": username, "password": PASSWORD}
        token = self.post("/auth/token", user)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path):
        return self._done(self._http.get(path)).json()

    def post(self, path, body):
        return self._done(self._http.post(path, json=body)).json()

    def try_patch(self, path, body):
        """Change something, where that is not refused; return whether it was not."""
        response = self._http.patch(path, json=body)
        if response.status_code == httpx.codes.BAD_REQUEST:
            return False
        self._done(response)
        return True

    def patch(self, path, body):
        self._done(self._http.patch(path, json=body))

    def delete(self, path):
        self._done(self._http.delete(path))

    def show_picture(self, content):
        """Show a picture of oneself; return its version."""
        return self._done(self._http.put("/me/avatar", content=content)).json()["user"]["avatar"]

    def write(self, room, content):
        """Write a message; return its seq."""
        body = {"client_id": str(uuid.uuid4()), "content": content}
        return self.post(f"/rooms/{room}/messages", body)["seq"]

    def room_with(self, other):
        """Return the id of the direct room with somebody."""
        return self.post("/rooms", {"kind": "direct", "members": [other.username]})["id"]

    def group(self, name, *members):
        """Open a group; return its id."""
        names = [member.username for member in members]
        return self.post("/rooms", {"kind": "group", "name": name, "members": names})["id"]

    def end_other_sign_ins(self):
        """Sign oneself out everywhere but here."""
        for each in self.get("/sessions")["sessions"]:
            if not each["current"]:
                self.delete(f"/sessions/{each['sid']}")

    def _done(self, response):
        assert response.is_success, response.text
        return response


class Callers:
    """All of one test; they hang up with it."""

    def __init__(self, url):
        self._url = f"{url}/api/chat"
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def new(self, name):
        """Sign somebody up; a machine that is too busy for it is asked again, by another name."""
        http = self._open()
        while True:
            username = unique(name)
            user = {"username": username, "password": PASSWORD, "display_name": name}
            answer = http.post("/auth/register", json=user)
            if answer.status_code != httpx.codes.GATEWAY_TIMEOUT:
                answer.raise_for_status()
                return Caller(http, username)

    def of(self, person):
        """Let somebody who has a window call, too."""
        return Caller(self._open(), person.username)

    def _open(self):
        return self._ends.enter_context(httpx.Client(base_url=self._url, timeout=WITHIN_S))
