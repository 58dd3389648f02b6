"""Two people in two windows of a real browser, on the real suite."""

import pytest
from playwright.sync_api import expect

from tests.e2e.person import ACCEPTED, BACK_WITHIN_MS, Person


@pytest.mark.both_servers
def test_two_people_sign_up_find_each_other_and_chat(alice, bob):
    alice.find(bob)
    alice.write("Hello Bob, lunch?")

    expect(alice.message("lunch?")).to_have_attribute("data-state", ACCEPTED)
    bob.open_room("Alice")
    expect(bob.message("lunch?")).to_be_visible()
    bob.write("Gladly! 12:30?")
    expect(alice.message("12:30?")).to_be_visible()
    expect(bob.message("12:30?")).to_have_attribute("data-state", ACCEPTED)


def test_a_new_message_shows_in_the_list_of_conversations(alice, bob):
    alice.find(bob)
    alice.write("Are you there?")

    expect(bob.page.get_by_test_id("room")).to_contain_text("Are you there?")
    expect(bob.page.get_by_test_id("unread")).to_contain_text("1")


def test_a_reload_and_a_new_sign_in_show_the_same_conversation(alice, bob):
    alice.find(bob)
    for number in range(3):
        alice.write(f"note {number}")
        expect(alice.message(f"note {number}")).to_have_attribute("data-state", ACCEPTED)

    bob.page.reload()
    bob.open_room("Alice")
    expect(bob.page.get_by_test_id("message")).to_have_count(3)
    alice.page.get_by_role("button", name="Sign out").click()
    alice.sign_in()
    alice.open_room("Bob")
    expect(alice.page.get_by_test_id("message")).to_have_count(3)


def test_what_is_written_while_chat_is_dead_arrives_once_and_in_order(suite, alice, bob):
    alice.find(bob)
    alice.write("before")
    bob.open_room("Alice")
    expect(bob.message("before")).to_be_visible()

    suite.kill("chat")
    for number in range(3):
        alice.write(f"meanwhile {number}")
    suite.wait_until_ready("chat")

    for number in range(3):
        expect(bob.message(f"meanwhile {number}")).to_be_visible(timeout=BACK_WITHIN_MS)
        expect(alice.message(f"meanwhile {number}")).to_have_attribute(
            "data-state", ACCEPTED, timeout=BACK_WITHIN_MS
        )
    texts = bob.page.get_by_test_id("message").all_inner_texts()
    assert [text.splitlines()[0] for text in texts] == ["before"] + [
        f"meanwhile {number}" for number in range(3)
    ]


def test_a_lost_network_is_shown_and_what_was_written_goes_when_it_is_back(alice, bob):
    alice.find(bob)
    banner = alice.page.get_by_test_id("connection-banner")

    alice.lose_network()
    alice.write("written without a network")
    expect(alice.message("without a network")).to_have_attribute("data-state", "pending")
    alice.page.context.set_offline(False)

    expect(alice.message("without a network")).to_have_attribute(
        "data-state", ACCEPTED, timeout=BACK_WITHIN_MS
    )
    bob.open_room("Alice")
    expect(bob.message("without a network")).to_have_count(1)
    expect(banner).to_be_hidden()


def test_nothing_in_a_message_runs_in_the_page(alice, bob):
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    alice.find(bob)
    alice.write(attack)

    bob.open_room("Alice")
    expect(bob.message("<script>")).to_be_visible()
    assert "owned" not in bob.page.title()


def test_wrong_input_is_explained_beside_its_field(open_window):
    page = open_window()
    page.get_by_role("button", name="Create an account").click()
    page.get_by_label("Username", exact=True).fill("a b")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_test_id("username-error")).to_be_visible()


def test_who_fills_in_the_form_is_signed_up_and_in(open_window):
    dora = Person(open_window(), "Dora")
    dora.sign_up()

    assert dora.user_id


def test_on_a_phone_the_list_gives_way_to_the_conversation(arrive, bob):
    carol = arrive("Carol", viewport={"width": 390, "height": 780})
    carol.find(bob)

    expect(carol.page.get_by_test_id("room-list")).to_be_hidden()
    carol.page.get_by_role("button", name="Back to all conversations").click()
    expect(carol.page.get_by_test_id("room-list")).to_be_visible()


def test_on_a_phone_the_back_button_leads_from_details_to_the_conversation_and_to_the_list(
    arrive, bob
):
    carol = arrive("Carol", viewport={"width": 390, "height": 780})
    carol.find(bob)
    panel = carol.page.get_by_test_id("panel")
    carol.page.get_by_test_id("open-details").click()
    expect(panel).to_contain_text(f"@{bob.username}")

    carol.page.go_back()
    expect(panel).to_be_hidden()
    expect(carol.page.get_by_test_id("conversation")).to_be_visible()
    carol.page.go_back()
    expect(carol.page.get_by_test_id("room-list")).to_be_visible()

    carol.page.go_forward()
    carol.page.get_by_test_id("open-details").click()
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    carol.page.go_back()
    expect(carol.page.get_by_test_id("room-list")).to_be_visible()
