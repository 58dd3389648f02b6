"""The two who talk: one writes over HTTP, the other sits at a page.

They are strangers to each other until the writer opens the room: whoever fills it by other ways does
that before the page is opened.
"""

import uuid
from secrets import token_urlsafe

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, expect

from benchmarks.page import probe

SHOWN_WITHIN_MS = 60_000
SCREEN: ViewportSize = {"width": 1280, "height": 800}


def _credentials() -> dict[str, str]:
    return {"username": f"u{uuid.uuid4().hex[:16]}", "password": token_urlsafe()}


class Writer:
    """Somebody with a token."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/chat", timeout=30.0)
        user = _credentials()
        self._post("/auth/register", user)
        token = self._post("/auth/token", user)["access_token"]
        self._http.cookies.clear()
        self._http.headers["Authorization"] = f"Bearer {token}"

    def room_with(self, user: str) -> str:
        """Open the direct room with somebody; return its id."""
        return str(self._post("/rooms", {"kind": "direct", "members": [user]})["id"])

    def group_with(self, user: str) -> str:
        """Open a group with somebody; return its id."""
        group = {"kind": "group", "name": "Others", "members": [user]}
        return str(self._post("/rooms", group)["id"])

    def write(self, room: str, content: str) -> None:
        """Write a message; it is stored then."""
        body = {"client_id": str(uuid.uuid4()), "content": content}
        self._post(f"/rooms/{room}/messages", body)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _post(self, path: str, body: object) -> dict[str, object]:
        answer: dict[str, object] = self._http.post(path, json=body).raise_for_status().json()
        return answer


class Reader:
    """Somebody at a page, who is signed in and has not opened it yet."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._url = url
        self.context = browser.new_context(viewport=SCREEN)
        self.context.add_init_script(path=probe.SCRIPT)
        answer = self.context.request.post(f"{url}/api/chat/auth/register", data=_credentials())
        self.user = str(answer.json()["user"]["id"])

    def open(self, room: str) -> Page:
        """Open the page on a room; return it when one can write."""
        page = self.context.new_page()
        page.goto(f"{self._url}/#/rooms/{room}")
        expect(page.get_by_test_id("composer")).to_be_editable(timeout=SHOWN_WITHIN_MS)
        page.get_by_test_id("connection-banner").wait_for(state="hidden")
        return page
