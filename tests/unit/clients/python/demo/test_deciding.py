import pytest

from clients.python.demo.deciding import (
    COMMANDS,
    COUNT_MOST,
    COUNT_USUAL,
    HELP,
    LATER_S,
    SLEEP_S,
    Heard,
    command_in,
    decide,
)
from clients.python.demo.steps import BeAway, Read, Say, Sleep, TakeBack, Type, Wait
from libs.common.messages import check_content
from services.presence.store.sessions import GRACE_MS


def alone(text):
    return decide(Heard(text=text))


def among_many(text):
    return decide(Heard(text=text, is_direct=False))


def said(steps):
    return [step.text for step in steps if isinstance(step, Say)]


@pytest.mark.parametrize(
    "heard",
    [
        Heard(text="hello"),
        Heard(text="count 3"),
        Heard(text="I am off to lunch", is_direct=False),
        Heard(text="hello bot", is_direct=False),
        Heard(text="beep", by_program=True),
        Heard(text="long ago", is_seeded=True),
    ],
)
def test_whatever_comes_is_read_after_a_moment_and_before_anything_else(heard):
    first, second, *_ = decide(heard)

    assert isinstance(first, Wait)
    assert 0 < first.seconds < 3
    assert second == Read()


@pytest.mark.parametrize("text", ["help", "hello bot, how are you?", "count 30"])
@pytest.mark.parametrize("is_direct", [True, False])
def test_a_program_is_never_answered(text, is_direct):
    steps = decide(Heard(text=text, is_direct=is_direct, by_program=True))

    assert said(steps) == []


def test_what_was_said_before_anybody_came_is_not_answered():
    assert said(decide(Heard(text="Who restores one, and when?", is_seeded=True))) == []


@pytest.mark.parametrize("text", ["x", "Did it rain?", "Thanks!", "no idea", "🙂", "?" * 4096])
def test_alone_with_somebody_it_answers_everything(text):
    assert len(said(alone(text))) == 1


@pytest.mark.parametrize(
    "text",
    ["I am off to lunch", "count 30", "help", "our robots", "https://example.org/?q=bottle"],
)
def test_in_a_group_it_keeps_quiet_unless_it_is_meant(text):
    assert said(among_many(text)) == []


@pytest.mark.parametrize("text", ["Bot, say something", "@parley-bot hi", "what does the BOT say"])
def test_in_a_group_it_answers_by_a_reply_whoever_names_it(text):
    answers = [step for step in among_many(text) if isinstance(step, Say)]

    assert [answer.quotes for answer in answers] == [True]


@pytest.mark.parametrize("text", ["Does anybody know?", "Really?!", 'She said "when?"'])
def test_in_a_group_it_answers_a_question(text):
    assert len(said(among_many(text))) == 1


def test_in_a_group_only_who_names_it_gives_it_a_command():
    unnamed, named = among_many("Can you count 3?"), among_many("Bot, can you count 3?")

    assert len(said(unnamed)) == 1
    assert said(named) == ["1", "2", "3"]


def test_an_answer_is_typed_for_one_to_two_seconds_first():
    *_, typing, answer = alone("hello")

    assert isinstance(typing, Type)
    assert 1 <= typing.seconds <= 2
    assert isinstance(answer, Say)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("count 30", 30),
        ("Please count to 4, bot", 4),
        ("count", COUNT_USUAL),
        ("count 0", 1),
        ("count 1000", COUNT_MOST),
        ("count " + "9" * 4000, COUNT_MOST),
    ],
)
def test_it_counts_one_message_after_the_other(text, count):
    numbers = said(alone(text))

    assert [int(number.split(".")[0]) for number in numbers] == list(range(1, count + 1))


def test_a_reply_is_one_also_where_the_two_are_alone():
    assert [step.quotes for step in alone("quote") if isinstance(step, Say)] == [True]


def test_later_is_later():
    steps = alone("write later")

    before, after = steps[: steps.index(Wait(LATER_S))], steps[steps.index(Wait(LATER_S)) :]
    assert len(said(before)) == len(said(after)) == 1


def test_what_is_typed_and_taken_back_is_never_said():
    steps = alone("type")

    assert isinstance(steps[-2], Type)
    assert steps[-1] == TakeBack()
    assert said(steps) == []


def test_it_says_when_it_goes_and_when_it_is_back():
    asleep, away = alone("sleep"), alone("go away")

    assert [type(step) for step in asleep] == [Wait, Read, Wait, Type, Say, Sleep, Type, Say]
    assert [type(step) for step in away] == [Wait, Read, Wait, Type, Say, BeAway, Type, Say]
    assert Sleep(SLEEP_S) in asleep


def test_it_sleeps_for_so_long_that_others_see_it_gone():
    assert SLEEP_S * 1000 >= GRACE_MS * 2


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.shown)
def test_the_help_names_every_command_as_it_can_be_given(command):
    assert f"· {command.shown}: {command.tells}\n" in f"{HELP}\n"
    assert all(command_in(asked) is command for asked in (command.shown, *command.words))


def test_a_longer_story_gives_no_command():
    assert command_in("yesterday I could not sleep at all because of the rain") is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.shown)
def test_the_server_takes_whatever_it_says(command):
    for text in said(alone(command.shown)):
        check_content(text)
