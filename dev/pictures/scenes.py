"""What the README shows: the company of the demo, in a few windows.

A picture is as large as its window. Nothing in it moves any more when it is taken.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from clients.python.demo.cast import ADA, GRACE, PASSWORD, Person

DESK: ViewportSize = {"width": 1200, "height": 760}
PHONE: ViewportSize = {"width": 390, "height": 780}
FILM: ViewportSize = {"width": 420, "height": 560}
COLOURS = 128
"""Enough for a page that has few, and a quarter of the bytes."""
STILL = """() => Promise.allSettled(
    document.getAnimations()
        .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished)
)"""
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "desk": {"viewport": DESK, "color_scheme": "light"},
    "desk-dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
    "settings": {"viewport": DESK, "color_scheme": "light"},
}
FRAME_MS = 140
QUESTION, ANSWER = "Tea at four?", "I put the kettle on ☕"
DOTS = 8
"""Pictures while the other one types."""
HOLD_MS = 1_400
"""How long the film rests where there is something to read."""


def draw_scenes(browser: Browser, url: str, folder: Path) -> list[Path]:
    """Draw the stills and the film of a suite in which the demo has been seeded; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.png" for name in LOOKS]
    for (name, look), file in zip(LOOKS.items(), files, strict=True):
        with signed_in(browser, url, ADA, **look) as page:
            if name == "settings":
                open_settings(page)
            else:
                open_room(page, "Server room")
            keep(picture_of(page), file)
    film = folder / "talk.webp"
    draw_film(browser, url, film)
    return [*files, film]


@dataclass
class Film:
    """The pictures of a film, and how long each is seen."""

    pictures: list[Image.Image] = field(default_factory=list)
    durations_ms: list[int] = field(default_factory=list)

    def shoot(self, page: Page, duration_ms: int = FRAME_MS) -> None:
        """Add what a window shows now."""
        self.pictures.append(picture_of(page, is_still=False))
        self.durations_ms.append(duration_ms)

    def keep(self, file: Path) -> None:
        """Write it down; it begins anew when it is over."""
        first, *rest = self.pictures
        options: dict[str, Any] = {"append_images": rest, "duration": self.durations_ms, "loop": 0}
        first.save(file, save_all=True, quality=80, method=6, **options)


def draw_film(browser: Browser, url: str, file: Path) -> None:
    """Film how one message comes to be read and answered: Ada's window."""
    look = {"viewport": FILM, "color_scheme": "light"}
    film = Film()
    with signed_in(browser, url, ADA, **look) as ada, signed_in(browser, url, GRACE) as grace:
        open_room(ada, "Grace")
        film.shoot(ada, HOLD_MS)
        composer = ada.get_by_test_id("composer")
        for end in range(1, len(QUESTION) + 1):
            composer.fill(QUESTION[:end])
            film.shoot(ada)
        composer.press("Enter")
        sent = ada.get_by_test_id("message").filter(has_text=QUESTION).last
        sent.locator('[data-state="delivered"]').wait_for()
        film.shoot(ada, HOLD_MS)
        open_room(grace, "Ada")
        sent.locator('[data-state="read"]').wait_for()
        film.shoot(ada, HOLD_MS)
        grace.get_by_test_id("composer").press_sequentially(ANSWER, delay=20)
        ada.get_by_test_id("about").get_by_test_id("typing").wait_for()
        for _ in range(DOTS):
            film.shoot(ada)
        grace.get_by_test_id("composer").press("Enter")
        ada.get_by_test_id("message").filter(has_text=ANSWER).last.wait_for()
        film.shoot(ada, 2 * HOLD_MS)
    film.keep(file)


@contextmanager
def signed_in(browser: Browser, url: str, person: Person, **look: Any) -> Iterator[Page]:
    """Give a window in which somebody of the demo is signed in."""
    context = browser.new_context(locale="en-GB", service_workers="block", **look)
    page = context.new_page()
    login = urljoin(url, "/api/chat/auth/login")
    body = {"username": person.username, "password": PASSWORD}
    answer = page.request.post(login, data=body, headers={"Origin": url})
    if not answer.ok:
        raise RuntimeError(f"{person.name} cannot sign in: {answer.text()}")
    page.goto(url)
    page.get_by_test_id("room").first.wait_for()
    yield page
    context.close()


def open_room(page: Page, name: str) -> None:
    """Open a conversation, and wait until it is drawn."""
    row = page.locator(".row-name", has_text=re.compile(f"^{name}"))
    page.get_by_test_id("room").filter(has=row).click()
    page.get_by_test_id("message").first.wait_for()


def open_settings(page: Page) -> None:
    """Open the settings, and wait until they know how all is set."""
    page.get_by_test_id("open-settings").click()
    page.locator('[data-testid="send-read-receipts"]:enabled').wait_for()
    page.get_by_test_id("device").first.wait_for()


def picture_of(page: Page, *, is_still: bool = True) -> Image.Image:
    """Return what a window shows; where it is to be still, once nothing moves in it any more."""
    if is_still:
        page.evaluate(STILL)
    return Image.open(BytesIO(page.screenshot(caret="hide"))).convert("RGB")


def keep(picture: Image.Image, file: Path) -> None:
    """Write a picture down in few colours."""
    picture.quantize(COLOURS).save(file, optimize=True)
