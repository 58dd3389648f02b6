"""Typing and presence in terminals, with the real suite behind them."""

import re

from tests.integration.chat.world import Person
from tests.integration.clients.stage import at_terminals
from tests.integration.clients.terminal import Terminal

AWAY = "\x1b[O"
"""What a terminal says when its window loses the focus."""
BACKSPACE = "\x7f"
BOTH = re.compile(r" · (Bob and Eve|Eve and Bob) are typing · ")
LAST_SEEN = re.compile(r"Bob: last seen today at \d\d:\d\d")


def bar_says(terminal: Terminal, text: str) -> None:
    terminal.until_true(lambda: f" · {text} · " in terminal.screen.lines[-1], f"{text} in the bar")


def bar_says_nothing_of_bob(terminal: Terminal) -> None:
    # Chat takes presence for gone after 16 s.
    terminal.until_true(lambda: "Bob" not in terminal.screen.lines[-1], "bar without Bob")


def talking(anns: Terminal, bobs: Terminal, ann: Person, bob: Person) -> None:
    anns.type(f"/open {bob.username}")
    anns.until("Bob >")
    bobs.until("New: Ann.")
    bobs.type("/open ann")
    bobs.until("Ann >")
    bar_says(anns, "Bob: online")


def test_who_types_a_message_is_seen_until_it_is_there_taken_back_or_left(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    with at_terminals(world, ann, bob) as (anns, bobs):
        talking(anns, bobs, ann, bob)
        bobs.type("Good", enter=False)
        bar_says(anns, "Bob is typing")
        bar_says(anns, "Bob: online")
        bobs.type(" morning", enter=False)
        bar_says(anns, "Bob is typing")
        bobs.type("")
        anns.until("Bob │ Good morning")
        bar_says(anns, "Bob: online")
        bobs.type("x", enter=False)
        bar_says(anns, "Bob is typing")
        bobs.type(BACKSPACE, enter=False)
        bar_says(anns, "Bob: online")
        bobs.type("y", enter=False)
        bar_says(anns, "Bob is typing")
        bobs.type(AWAY, enter=False)
        bar_says(anns, "Bob: online")

        assert f"Bob (@{bob.username}) · online" in anns.screen.text


def test_commands_are_typed_in_secret(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    with at_terminals(world, ann, bob) as (anns, bobs):
        talking(anns, bobs, ann, bob)
        for key in "/members":
            bobs.type(key, enter=False)
        bobs.type("")
        bobs.until("(you)")
        anns.type("Hello?")
        bobs.until("Ann │ Hello?")
        anns.until("you✓✓ Hello?")

        assert b"typing" not in anns.raw


def test_in_a_group_two_are_named_and_members_are_listed_as_there(world):
    ann, bob, eve = world.person("Ann"), world.person("Bob"), world.person("Eve")
    world.tell(world.room(ann, bob, eve, name="Hall"))
    with at_terminals(world, ann, bob, eve) as terminals:
        anns, bobs, eves = terminals
        for terminal in terminals:
            terminal.type("/open hall")
            terminal.until("Hall >", "3 members")

        def both_type_and_are_seen() -> bool:
            for terminal in (bobs, eves):
                terminal.type("x", enter=False)
                terminal.look()
            return BOTH.search(anns.screen.lines[-1]) is not None

        anns.until_true(both_type_and_are_seen, "both typists in the bar")
        anns.type("/members")
        anns.until_true(lambda: len(re.findall(r"\)  +online", anns.screen.text)) == 2, "two there")


def test_who_leaves_was_last_seen_a_moment_ago_unless_they_keep_it_to_themselves(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    with at_terminals(world, ann, bob) as (anns, bobs):
        talking(anns, bobs, ann, bob)
        bobs.leave()
        anns.until_true(lambda: LAST_SEEN.search(anns.screen.lines[-1]) is not None, "last seen")
        anns.until(" · last seen today at ")
        anns.type("/lastseen nobody")
        anns.until("Nobody sees when you were here last")
        bar_says_nothing_of_bob(anns)
        anns.type("/lastseen everyone")
        anns.until("Whoever shares a conversation with you sees")
        anns.until_true(lambda: LAST_SEEN.search(anns.screen.lines[-1]) is not None, "last seen")


def test_without_presence_nothing_is_said_and_the_talk_goes_on(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    with at_terminals(world, ann, bob) as (anns, bobs):
        talking(anns, bobs, ann, bob)
        with world.suite.stopped("presence"):
            bobs.type("Still here")
            anns.until("Bob │ Still here")
            bar_says_nothing_of_bob(anns)
        bar_says(anns, "Bob: online")
