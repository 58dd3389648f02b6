"""Whatever somebody writes is text to whoever reads it: it runs nothing and breaks nothing.

It is sent over HTTP, because the page itself would not let all of it pass. Both of the two who talk
have the conversation open, so each sees all of it as it comes, and nobody has to scroll for it.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import hostile_content as content

LOOK = Path(__file__).with_name("hostile_look.js").read_text(encoding="utf-8")
NAME_CHARS = 80
"""Longest name of a person or a group. Source: services/chat/domain/names.py."""
PLAIN = "abc 123 def"
HEADING = '[data-testid="open-details"]'


class Talk:
    """A conversation of Alice and Bob, open in a window of each; Alice writes over HTTP."""

    def __init__(self, alice, bob, caller):
        self.alice, self.bob = alice, bob
        self._caller = caller
        self._room = caller.room_with(bob)
        alice.open_room("Bob")
        bob.open_room("Alice")

    def write(self, text):
        """Write a message; return what each window makes of it."""
        seq = self._caller.write(self._room, text)
        return [self._looked(person, seq) for person in (self.alice, self.bob)]

    def _looked(self, person, seq):
        row = person.page.locator(f'[data-testid="message"][data-seq="{seq}"]')
        expect(row).to_be_attached()
        return person.page.evaluate(LOOK, seq)


@pytest.fixture
def ran(alice, bob):
    """What ran that should not have, in either window."""
    ran = []
    for person in (alice, bob):
        person.page.expose_binding("__xss", lambda source, *given: ran.append(given))
    return ran


@pytest.fixture
def talk(alice, bob, callers):
    return Talk(alice, bob, callers.of(alice))


def check_place(look, text):
    assert (look["sideways"], look["beside"], look["aboveOrBelow"]) == (0, 0, 0), repr(text)


def test_nothing_that_is_written_runs_or_is_more_than_its_own_text(talk, ran):
    for text in content.ALL:
        for look in talk.write(text):
            assert look["text"] == text
            assert (look["foreign"], look["planted"]) == ([], []), repr(text)
            for address in look["addresses"]:
                assert address.lower().startswith(("http://", "https://")), repr(text)

    assert ran == []


def test_nothing_that_is_written_leaves_its_place(talk):
    for text in [*content.SHAPES, *content.TURNING, *content.ADDRESSES]:
        for look in talk.write(text):
            check_place(look, text)


def test_on_a_phone_nothing_that_is_written_leaves_its_place(talk):
    for person in (talk.alice, talk.bob):
        person.page.set_viewport_size({"width": 360, "height": 640})

    for text in content.SHAPES:
        for look in talk.write(text):
            check_place(look, text)


def test_letters_that_are_too_tall_are_not_painted_over_their_neighbours(talk):
    looks = talk.write("e" + "\u0301" * 4095)

    assert [look["isClipped"] for look in looks] == [True, True]


def test_text_that_turns_around_turns_neither_its_time_nor_what_stands_beside_it(talk):
    for text in content.TURNING:
        turning, plain = talk.write(text), talk.write(PLAIN)

        assert [look["isTimeTurned"] for look in turning + plain] == [False] * 4, repr(text)
        assert [look["isTextTurned"] for look in plain] == [False] * 2, repr(text)
        expect(talk.bob.page.get_by_test_id("preview")).to_have_text(PLAIN)


def names():
    return [text.strip() for text in content.ALL if 1 <= len(text.strip()) <= NAME_CHARS]


def check_name(person, name):
    """Check that a name is what stands above the conversation, and nothing else."""
    person.page.wait_for_function(
        "([heading, name]) => document.querySelector(heading)?.textContent === name",
        arg=[HEADING, name],
    )
    assert person.page.locator(f"{HEADING} *").count() == 0, name
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert person.page.evaluate(wide) == 0, name


def test_no_name_of_a_group_is_more_than_a_name(talk, callers, ran):
    carol = callers.new("Carol")
    room = carol.group("Team", talk.alice, talk.bob)
    talk.bob.open_room("Team")

    taken = []
    for name in names():
        if carol.try_patch(f"/rooms/{room}", {"name": name}):
            check_name(talk.bob, name)
            taken.append(name)

    assert len(taken) > len(content.MARKUP)
    assert not {letter for name in taken for letter in name} & set("\u202e\u2066\u200b\x1b")
    assert ran == []


def test_no_name_of_a_person_is_more_than_a_name(talk, callers, ran):
    alice = callers.of(talk.alice)

    taken = []
    for name in names():
        if alice.try_patch("/me", {"display_name": name}):
            check_name(talk.bob, name)
            taken.append(name)

    assert len(taken) > len(content.MARKUP)
    assert not {letter for name in taken for letter in name} & set("\u202e\u2066\u200b\x1b")
    assert ran == []
