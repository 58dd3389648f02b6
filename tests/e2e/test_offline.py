"""What is written while something is away: it waits in sight, and then arrives once and in order.

What waits stands in the conversation as any message does, and its mark says how far it has come:
which mark that is depends on who is left to take it. Of what is down, the page is told nothing.
"""

import re
import signal
import threading
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.e2e.narrow_proxy import narrow_proxy
from tests.e2e.person import ACCEPTED, BACK_WITHIN_MS, Person

MEANWHILE = [f"meanwhile {number}" for number in range(3)]
TROUBLED = re.compile(r"^(connecting|reconnecting|offline|unavailable|timeout)$")
WAITING = re.compile(r"^(pending|queued|failed)$")
OFFLINE_WITHIN_MS = 60_000
"""A connection that was good a moment ago is asked for proof first, and a new one for a welcome."""
GIVEN_UP_WITHIN_MS = 60_000
"""All tries of a message, over all roads."""


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
    for person in (writer, reader):
        expect(person.page.get_by_test_id("message")).to_have_count(1 + len(MEANWHILE))
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

    alice.lose_network()
    write_meanwhile(alice)
    for text in MEANWHILE:
        expect(alice.message(text)).to_have_attribute("data-state", "pending")
    alice.page.context.set_offline(False)

    check_all_arrives(alice, bob)


@pytest.fixture
def narrow_url(url, tmp_path):
    """The address of the suite behind a proxy that lets no WebSocket through."""
    with narrow_proxy(url, tmp_path) as narrow_url:
        yield narrow_url


@pytest.fixture
def dora(windows, narrow_url, newcomers):
    """Somebody new behind that proxy."""
    windows.allow(narrow_url)
    person = Person(windows.open(visit=False), "Dora")
    person.arrive(narrow_url, newcomers.next("Dora"))
    return person


def test_where_no_websocket_passes_a_message_goes_over_http_and_arrives_once(dora, bob):
    dora.find(bob)
    expect(dora.banner).to_have_attribute("data-state", TROUBLED)
    dora.write("by another road")

    expect(dora.message("by another road")).to_have_attribute("data-state", ACCEPTED)
    bob.open_room("Dora")
    expect(bob.message("by another road")).to_be_visible()
    assert len([url for url in dora.posted if url.endswith("/messages")]) == 1
    assert dora.stored == dora.shown == bob.shown == ["by another road"]
    assert dora.frames == []


def test_where_no_websocket_passes_one_hears_and_reads_over_http(dora, bob):
    bob.find(dora)
    bob.write("Do you hear me?")
    dora.open_room("Bob")

    expect(dora.message("Do you hear me?")).to_be_visible(timeout=BACK_WITHIN_MS)
    expect(bob.ticks("Do you hear me?")).to_have_attribute("data-state", "read")
    bob.write("And now?")
    expect(dora.message("And now?")).to_be_visible()
    expect(bob.ticks("And now?")).to_have_attribute("data-state", "read")
    expect(dora.unread).to_have_count(0)
    assert dora.frames == []


def test_what_is_wrong_with_the_connection_is_said_and_a_retry_is_offered(suite, together):
    alice, _ = together
    banner, swallows = alice.banner, threading.Event()

    def answer(socket):
        if not swallows.is_set():
            socket.connect_to_server()

    alice.page.route_web_socket(re.compile("/ws/chat/"), answer)
    with suite.stopped("gateway"):
        expect(banner).to_have_text(
            re.compile(r"Server unavailable Trying again \(try [1-5] of 5\) in \d+ sTry now")
        )
        swallows.set()
    banner.get_by_role("button").click()
    expect(banner).to_have_text(
        re.compile(r"Connection timeout .+ in \d+ sRetry"), timeout=OFFLINE_WITHIN_MS
    )
    swallows.clear()
    banner.get_by_role("button", name="Retry").click()

    expect(banner).to_be_hidden()


def test_what_is_being_sent_as_the_page_is_reloaded_arrives_once_and_in_order(suite, together):
    alice, bob = together

    with suite.paused("chat"):
        for text in MEANWHILE:
            alice.write(text)
        expect(alice.message(MEANWHILE[-1])).to_have_attribute("data-state", "pending")
        alice.until_kept("drafts", len(MEANWHILE))
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
    alice.lose_network()
    write_meanwhile(alice)

    end_sign_in_behind(alice, elsewhere)
    alice.sign_in()
    alice.open_room("Bob")

    check_all_arrives(alice, bob)


def test_who_was_signed_out_meanwhile_finds_what_they_had_begun_to_write(together, callers):
    alice, _ = together
    elsewhere = callers.of(alice)
    alice.lose_network()
    alice.composer.fill("not quite fin")

    end_sign_in_behind(alice, elsewhere)
    alice.sign_in()
    alice.open_room("Bob")

    expect(alice.composer).to_have_value("not quite fin")
    assert alice.stored == ["before"]
