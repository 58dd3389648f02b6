"""Being told of messages: while the page is in the background, and while there is none.

The page's half of Web Push stands on stand-ins: no browser can subscribe without a push service on the
network, so ``PushManager.subscribe`` is replaced, and what a push service would deliver is delivered
over the browser's own tools. What the server sends is tested where queue is.
"""

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.person import ACCEPTED

SHOWN = """async () => {
    const all = await (await navigator.serviceWorker.ready).getNotifications();
    return all.map(({ title, body, tag, silent }) => ({ title, body, tag, silent }));
}"""
UNTIL_SHOWN = f"""async (count) => {{
    const shown = {SHOWN};
    for (;;) {{
        const all = await shown();
        if (all.length === count && all.every(({{ body }}) => body !== window.before)) return all;
        await new Promise((done) => setTimeout(done, 50));
    }}
}}"""
ENDPOINT = "https://push.example/of-this-browser"
SUBSCRIBING = f"""
window.subscribed = [];
PushManager.prototype.subscribe = async function (options) {{
    window.subscribed.push(options);
    const keys = {{
        p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth: "BTBZMqHH6r4Tts7J_aSIgg",
    }};
    const subscription = {{
        endpoint: "{ENDPOINT}",
        toJSON: () => ({{ endpoint: "{ENDPOINT}", expirationTime: null, keys }}),
        unsubscribe: async () => {{ window.unsubscribed = true; return true; }},
    }};
    PushManager.prototype.getSubscription = async () => subscription;
    return subscription;
}};
"""
TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones += 1; start.apply(this, when); };
"""


@pytest.fixture
def alice(arrive):
    """Somebody whose browser lets the page tell them of messages."""
    options = {"service_workers": "allow", "permissions": ["notifications"]}
    alice = arrive("Alice", init=SUBSCRIBING + TONES, **options)
    alice.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    return alice


@pytest.fixture
def worker(alice):
    """Have the browser deliver a push to the page's service worker."""
    page = alice.page.context.new_cdp_session(alice.page)
    registrations: list[str] = []
    page.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(
            each["registrationId"] for each in event["registrations"]
        ),
    )
    page.send("ServiceWorker.enable")
    while not registrations:
        alice.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def deliver(room, waiting):
        page.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": alice.page.evaluate("location.origin"),
                "registrationId": registrations[-1],
                "data": json.dumps({"room": room, "waiting": waiting}),
            },
        )

    return deliver


def turn_on(person):
    settings = person.open_settings()
    switch = settings.get_by_test_id("notify")
    switch.click()
    expect(switch).to_be_checked()
    expect(switch).to_be_enabled()
    person.page.keyboard.press("Escape")
    expect(settings).to_be_hidden()


def shown(person, count):
    """Wait until so many notifications are shown; return them."""
    return person.page.evaluate(UNTIL_SHOWN, count)


def test_in_the_background_one_notification_a_room_tells_the_newest_and_how_many(
    alice, bob, callers
):
    turn_on(alice)
    room = callers.of(bob).room_with(alice)
    alice.look_away()
    callers.of(bob).write(room, "first")
    [first] = shown(alice, 1)
    alice.page.evaluate("body => { window.before = body; }", first["body"])
    callers.of(bob).write(room, "second")
    [second] = shown(alice, 1)

    assert (first["title"], first["body"], first["tag"]) == ("Bob", "first", room)
    assert (second["title"], second["body"]) == ("Bob", "second\n2 new messages")

    alice.look_back()
    alice.open_room("Bob")
    assert shown(alice, 0) == []


def test_what_is_read_in_the_open_room_needs_no_notification_any_more(alice, bob, callers):
    turn_on(alice)
    alice.find(bob)
    room = callers.of(bob).room_with(alice)
    alice.look_away()
    callers.of(bob).write(room, "while away")
    assert [told["body"] for told in shown(alice, 1)] == ["while away"]

    alice.look_back()
    assert shown(alice, 0) == []


def test_the_next_one_at_this_browser_is_shown_nothing_of_it(alice, bob, callers):
    turn_on(alice)
    room = callers.of(bob).room_with(alice)
    alice.look_away()
    callers.of(bob).write(room, "a private word")
    shown(alice, 1)
    alice.look_back()

    alice.page.get_by_role("button", name="Sign out").click()
    expect(alice.page.get_by_label("Username", exact=True)).to_be_visible()
    assert shown(alice, 0) == []


def test_what_one_page_chooses_holds_for_the_page_that_tells(alice, bob, callers):
    turn_on(alice)
    second = alice.page.context.new_page()
    second.goto(alice.home)
    second.get_by_test_id("open-settings").click()
    second.get_by_test_id("private").click()
    expect(second.get_by_test_id("private")).to_be_checked()
    second.close()

    room = callers.of(bob).room_with(alice)
    alice.look_away()
    callers.of(bob).write(room, "a secret")

    assert [told["title"] for told in shown(alice, 1)] == ["Parley"]


def test_who_wants_it_private_is_told_only_that_there_is_something(alice, bob, callers):
    turn_on(alice)
    settings = alice.open_settings()
    settings.get_by_test_id("private").click()
    settings.get_by_test_id("sound").click()
    alice.page.keyboard.press("Escape")
    room = callers.of(bob).room_with(alice)
    alice.look_away()

    callers.of(bob).write(room, "a secret")

    [told] = shown(alice, 1)
    assert (told["title"], told["body"]) == ("Parley", "You have new messages")
    assert told["silent"] is True


def test_nobody_is_told_who_did_not_ask_for_it(alice, bob, callers):
    room = callers.of(bob).room_with(alice)
    alice.look_away()
    callers.of(bob).write(room, "hello")
    expect(alice.page).to_have_title("(1) Parley")

    assert alice.page.evaluate(SHOWN) == []


def test_a_message_elsewhere_makes_a_tone_and_one_in_sight_makes_none(alice, bob, carol, callers):
    alice.find(bob)
    alice.write("Hello")
    expect(alice.message("Hello")).to_have_attribute("data-state", ACCEPTED)
    bob.open_room("Alice")
    bob.write("in sight")
    expect(alice.message("in sight")).to_be_visible()
    assert alice.page.evaluate("window.tones") == 0

    carol.write(carol.room_with(alice), "elsewhere")
    alice.page.wait_for_function("() => window.tones > 0")


@pytest.fixture
def carol(callers):
    """Somebody without a window."""
    return callers.new("Carol")


def test_the_browser_is_subscribed_for_a_gesture_and_no_more_after_the_sign_out(alice, suite):
    assert alice.page.evaluate("window.subscribed") == []
    turn_on(alice)

    [options] = alice.page.evaluate("window.subscribed")
    assert options["userVisibleOnly"] is True
    with alice.page.expect_request(
        lambda request: request.method == "DELETE" and request.url.endswith("/api/queue/push")
    ) as removal:
        alice.page.get_by_role("button", name="Sign out").click()
    assert removal.value.post_data_json == {"endpoint": ENDPOINT}
    expect(alice.page.get_by_label("Username", exact=True)).to_be_visible()
    assert alice.page.evaluate("window.unsubscribed") is True


def test_a_push_is_shown_with_what_the_worker_asks_of_chat(alice, bob, callers, worker):
    turn_on(alice)
    group = callers.of(bob).group("Team", alice)
    callers.of(bob).write(group, "are you there?")
    callers.of(bob).write(group, "hello?")

    # The worker takes a page that is just going for one that somebody looks at.
    alice.page.goto(alice.home + "/icon.svg")
    while not (told := alice.page.evaluate(SHOWN)):
        worker(group, 2)

    assert (told[0]["title"], told[0]["body"]) == ("Team", "Bob: hello?\n2 new messages")
    assert [each["tag"] for each in told] == [group]
