"""What a typed line means."""

import pytest

from clients.python.terminal.commands import COMMANDS, Call, Mistake, Say, parse, words_of
from clients.python.terminal.running import Runner


@pytest.mark.parametrize("line", ["", "   ", "\t", "\n"])
def test_a_blank_line_means_nothing(line):
    assert parse(line) is None


@pytest.mark.parametrize("line", ["hello", " indented", "a /rooms", "\\n", "1"])
def test_a_line_without_a_slash_is_a_message_as_it_is(line):
    assert parse(line) == Say(line)


def test_two_slashes_begin_a_message_with_one():
    assert parse("//etc/hosts") == Say("/etc/hosts")


def test_a_command_has_words_and_the_rest_as_typed():
    assert parse("/reply 12  it's  fine ") == Call(
        "reply", ("12", "it's", "fine"), "12  it's  fine"
    )


def test_quotes_hold_words_together():
    assert words_of('"The Team" bob "" eve') == ("The Team", "bob", "", "eve")


@pytest.mark.parametrize(
    ("line", "name"),
    [("/q", "quit"), ("/ROOMS", "rooms"), ("/his", "history"), ("/rep 1 x", "reply")],
)
def test_a_command_may_be_shortened(line, name):
    said = parse(line)

    assert isinstance(said, Call)
    assert said.name == name


def test_a_shortened_command_that_could_be_two_is_asked_about():
    said = parse("/re 1 x")

    assert isinstance(said, Mistake)
    assert "/remove, /rename, /reply, /retry, /receipts" in said.sentence


@pytest.mark.parametrize("line", ["/", "/dance", "/\x1b[2J"])
def test_an_unknown_command_is_no_message(line):
    assert isinstance(parse(line), Mistake)


@pytest.mark.parametrize("name", [name for name, spec in COMMANDS.items() if spec.least])
def test_a_command_without_what_it_needs_says_how_it_is_used(name):
    said = parse(f"/{name}")

    assert said == Mistake(f"Like this: /{name} {COMMANDS[name].takes}")


def test_every_command_is_run_by_somebody():
    there = {name for name in COMMANDS if hasattr(Runner, f"_{name}")}

    assert there | {"quit"} == COMMANDS.keys()
