"""Somebody who uses the page."""

import re
import uuid
from contextlib import suppress
from urllib.parse import urljoin

from playwright.sync_api import expect

PASSWORD = "quite a long password"
LOSSES, LOST_WITHIN_MS = 4, 5_000
BACK_WITHIN_MS = 90_000
"""A whole ladder of reconnections, and what waited goes behind it."""
ACCEPTED = re.compile(r"^(sent|delivered|read)$")
"""States of a message that the server has; how far it has come besides is for others to say."""
CONTENTS = """rows => rows.map((row) => {
    const content = row.querySelector(".content").cloneNode(true);
    content.querySelector(".meta")?.remove();
    return content.textContent;
})"""
"""What messages say, without the time and the mark that stand beside it."""
COUNT_KEPT = """async (name) => {
    const open = indexedDB.open("parley");
    await new Promise((done) => { open.onsuccess = done; });
    const all = open.result.transaction(name).objectStore(name).count();
    await new Promise((done) => { all.onsuccess = done; });
    open.result.close();
    return all.result;
}"""
"""How many a store of the browser holds: of rooms, messages or drafts."""
MANY = 1_000_000
UNTIL = f"""async ([name, least, most]) => {{
    const count = {COUNT_KEPT};
    for (;;) {{
        const kept = await count(name);
        if (least <= kept && kept <= most) return;
        await new Promise(requestAnimationFrame);
    }}
}}"""
"""Waits until a store holds neither fewer nor more."""


def unique(name):
    """A username that nobody else has."""
    return f"{name.lower()}-{uuid.uuid4().hex[:8]}"


class Person:
    """Somebody in front of a window, who does what people do."""

    def __init__(self, page, name):
        self.page = page
        self.username = unique(name)
        self.name = name
        self.home = ""
        self.frames = []
        self.sent_frames = []
        self.posted = []
        page.on("websocket", self._listen)
        page.on("request", self._note)

    def _note(self, request):
        if request.method == "POST":
            self.posted.append(request.url)

    def _listen(self, socket):
        socket.on("framereceived", lambda text: self.frames.append(str(text)))
        socket.on("framesent", lambda text: self.sent_frames.append(str(text)))

    def arrive(self, url, newcomer):
        """Come to the page for the first time, signed up already: the form is not what is tried."""
        self.home = url
        self.username = newcomer.username
        self.page.context.add_cookies(newcomer.cookies)
        self.page.goto(url)
        expect(self.page.get_by_test_id("me")).to_contain_text(self.name)

    def sign_up(self):
        """Fill in the form."""
        page = self.page
        page.get_by_role("button", name="Create an account").click()
        page.get_by_label("Username", exact=True).fill(self.username)
        page.get_by_label("Display name", exact=True).fill(self.name)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_test_id("me")).to_contain_text(self.name)

    def sign_in(self):
        self.page.get_by_label("Username", exact=True).fill(self.username)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_test_id("me")).to_contain_text(self.name)

    def find(self, other):
        self.page.get_by_test_id("search").fill(other.username)
        self.page.get_by_test_id("person").click()
        expect(self.page.get_by_test_id("conversation")).to_be_visible()

    def open_room(self, name):
        self.page.get_by_test_id("room").filter(has_text=name).click()

    def write(self, text):
        self.composer.fill(text)
        self.composer.press("Enter")

    @property
    def user_id(self):
        """The id that the server knows them by."""
        url = urljoin(self.page.url, "/api/chat/auth/session")
        return self.page.request.get(url).json()["user"]["id"]

    def was_sent(self, text):
        """Whether any frame to this window held the text, shown or not."""
        return any(text in frame for frame in self.frames)

    def claimed(self, kind):
        """Whether this window sent any receipt of a kind: `delivered` or `read_receipt`."""
        return any(f'"type":"{kind}"' in frame for frame in self.sent_frames)

    def message(self, text):
        return self.page.get_by_test_id("message").filter(has_text=text)

    @property
    def shown(self):
        """What the open conversation says, from the top: only what is near the view is there."""
        return self.page.get_by_test_id("message").evaluate_all(CONTENTS)

    @property
    def stored(self):
        """What the server has of the open conversation: the newest fifty, in order."""
        room = self.page.url.rpartition("/")[2]
        url = urljoin(self.page.url, f"/api/chat/rooms/{room}/messages")
        return [each["content"] for each in self.page.request.get(url).json()["messages"]]

    def until_kept(self, what, count=1):
        """Wait until the browser has written so many down: rooms, messages or drafts."""
        # `wait_for_function` would take the promise of an answer for the answer.
        self.page.evaluate(UNTIL, [what, count, MANY])

    def until_forgotten(self, what):
        """Wait until the browser keeps nothing of it any more."""
        self.page.evaluate(UNTIL, [what, 0, 0])

    @property
    def composer(self):
        return self.page.get_by_test_id("composer")

    @property
    def banner(self):
        """What is said of the connection as long as it is not simply fine."""
        return self.page.get_by_test_id("connection-banner")

    def ticks(self, text):
        """The mark of one's own message in the open conversation."""
        return self.message(text).get_by_test_id("ticks")

    @property
    def unread(self):
        """The badges in the list of conversations."""
        return self.page.get_by_test_id("unread")

    def lose_network(self):
        """Have no network any more, and wait until the page knows.

        What it asks at that moment may still be answered: then it is told once more.
        """
        for _ in range(LOSSES):
            self.page.context.set_offline(True)
            with suppress(AssertionError):
                expect(self.banner).to_have_attribute(
                    "data-state", "offline", timeout=LOST_WITHIN_MS
                )
                return
            self.page.context.set_offline(False)
        raise AssertionError("the page does not notice that it has no network")

    def open_settings(self):
        """Open them, and wait until they know how all is set; return the dialog."""
        self.page.get_by_test_id("open-settings").click()
        settings = self.page.get_by_test_id("settings")
        expect(settings.get_by_test_id("send-read-receipts")).to_be_enabled()
        return settings

    def look_away(self):
        """Turn to another page: this one stays in sight and loses the focus."""
        session = self.page.context.new_cdp_session(self.page)
        # Without this every page believes that it has the focus, all the time.
        session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
        self.page.context.new_page().bring_to_front()
        self.page.wait_for_function(
            "() => !document.hasFocus() && document.visibilityState == 'visible'"
        )

    def look_back(self):
        """Turn to this page again."""
        self.page.bring_to_front()
        self.page.wait_for_function("() => document.hasFocus()")
