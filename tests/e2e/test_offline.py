"""What is written while something is away: it waits in sight, and then arrives once and in order.

What waits stands in the conversation as any message does, and its mark says how far it has come:
which mark that is depends on who is left to take it. Of what is down, the page is told nothing.
"""

import re
import signal
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.e2e.person import ACCEPTED

MEANWHILE = [f"meanwhile {number}" for number in range(3)]
TROUBLED = re.compile(r"^(connecting|reconnecting|offline|unavailable|timeout)$")
WAITING = re.compile(r"^(pending|queued|failed)$")
OFFLINE_WITHIN_MS = 15_000
"""A connection that was good a moment ago is asked for proof first."""
GIVEN_UP_WITHIN_MS = 60_000
"""All tries of a message, over all roads."""
BACK_WITHIN_MS = 90_000
"""A whole ladder of reconnections, and what waited goes behind it."""


@pytest.fixture
def together(alice, bob):
    """Alice and Bob, who have their conversation open."""
    alice.find(bob)
    alice.write("before")
    bob.open_room("Alice")
    expect(bob.message("before")).to_be_visible()
    expect(alice.message("before")).to_have_attribute("data-state", ACCEPTED)
    return alice, bob


@contextmanager
def killed(suite, service):
    """Kill all processes of a service, and keep it down for as long as the block lasts."""
    suite.stop_service(service, with_signal=signal.SIGKILL)
    try:
        yield
    finally:
        suite.start_service(service)


def write_meanwhile(person):
    """Write what will arrive later: it is seen to wait, and one may go on."""
    expect(person.banner).to_have_attribute("data-state", TROUBLED, timeout=OFFLINE_WITHIN_MS)
    for text in MEANWHILE:
        person.write(text)
        expect(person.message(text)).to_have_attribute("data-state", WAITING)
    expect(person.composer).to_be_editable()
    expect(person.composer).to_have_value("")
    assert person.shown == ["before", *MEANWHILE]


def check_all_arrives(writer, reader):
    """Check that all of it is there in the end, once and in order, for both and at the server."""
    for text in MEANWHILE:
        expect(writer.message(text)).to_have_attribute(
            "data-state", ACCEPTED, timeout=BACK_WITHIN_MS
        )
    expect(reader.message(MEANWHILE[-1])).to_be_visible(timeout=BACK_WITHIN_MS)
    expect(writer.banner).to_be_hidden(timeout=BACK_WITHIN_MS)
    assert writer.stored == ["before", *MEANWHILE]
    assert writer.shown == reader.shown == ["before", *MEANWHILE]


def test_what_is_written_while_nothing_answers_fails_in_sight_and_goes_by_itself(suite, together):
    alice, bob = together

    with suite.stopped("gateway"):
        write_meanwhile(alice)
        for text in MEANWHILE:
            expect(alice.message(text)).to_have_attribute(
                "data-state", "failed", timeout=GIVEN_UP_WITHIN_MS
            )
        expect(alice.banner).to_be_visible()

    check_all_arrives(alice, bob)


def test_what_is_written_while_chat_is_killed_is_queued_in_sight_and_arrives(suite, together):
    alice, bob = together

    with killed(suite, "chat"):
        write_meanwhile(alice)
        for text in MEANWHILE:
            expect(alice.message(text)).to_have_attribute(
                "data-state", "queued", timeout=GIVEN_UP_WITHIN_MS
            )

    check_all_arrives(alice, bob)


def test_what_is_written_without_a_network_is_pending_and_arrives(together):
    alice, bob = together

    alice.page.context.set_offline(True)
    expect(alice.banner).to_have_attribute("data-state", "offline", timeout=OFFLINE_WITHIN_MS)
    write_meanwhile(alice)
    for text in MEANWHILE:
        expect(alice.message(text)).to_have_attribute("data-state", "pending")
    alice.page.context.set_offline(False)

    check_all_arrives(alice, bob)


def test_where_no_websocket_passes_a_message_goes_over_http_and_arrives_once(together):
    """The page's WebSockets are closed by Playwright, before they reach the gateway.

    That is ``Page.route_web_socket``. The gateway cannot refuse them by itself: it routes by path
    alone.
    """
    alice, bob = together
    posts = []
    alice.page.on("request", lambda request: posts.append((request.method, request.url)))
    alice.until_kept("rooms")
    alice.page.route_web_socket(re.compile("/ws/chat/"), lambda socket: socket.close())

    alice.page.reload()
    expect(alice.banner).to_have_attribute("data-state", TROUBLED)
    alice.write("by another road")

    expect(alice.message("by another road")).to_have_attribute("data-state", ACCEPTED)
    expect(bob.message("by another road")).to_be_visible()
    assert (
        len([url for method, url in posts if method == "POST" and url.endswith("/messages")]) == 1
    )
    assert alice.stored == alice.shown == bob.shown == ["before", "by another road"]


def test_what_is_being_sent_as_the_page_is_reloaded_arrives_once_and_in_order(suite, together):
    alice, bob = together

    with suite.paused("chat"):
        for text in MEANWHILE:
            alice.write(text)
        expect(alice.message(MEANWHILE[-1])).to_have_attribute("data-state", "pending")
        alice.until_kept("drafts")
        # The page itself comes from chat: it is there once chat goes on.
        alice.page.evaluate("location.reload()")

    check_all_arrives(alice, bob)


def end_sign_in_behind(person, caller):
    """Sign somebody out from elsewhere while their page has no network; it learns of it later."""
    caller.end_other_sign_ins()
    person.page.context.set_offline(False)
    username = person.page.get_by_label("Username", exact=True)
    expect(username).to_be_visible(timeout=BACK_WITHIN_MS)


def test_who_was_signed_out_meanwhile_sends_what_waited_after_signing_in(together, callers):
    alice, bob = together
    elsewhere = callers.of(alice)
    alice.page.context.set_offline(True)
    write_meanwhile(alice)

    end_sign_in_behind(alice, elsewhere)
    alice.sign_in()
    alice.open_room("Bob")

    check_all_arrives(alice, bob)


def test_who_was_signed_out_meanwhile_finds_what_they_had_begun_to_write(together, callers):
    alice, _ = together
    elsewhere = callers.of(alice)
    alice.page.context.set_offline(True)
    expect(alice.banner).to_have_attribute("data-state", "offline", timeout=OFFLINE_WITHIN_MS)
    alice.composer.fill("not quite fin")

    end_sign_in_behind(alice, elsewhere)
    alice.sign_in()
    alice.open_room("Bob")

    expect(alice.composer).to_have_value("not quite fin")
    assert alice.stored == ["before"]
