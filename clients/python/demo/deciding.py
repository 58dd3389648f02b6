"""What the bot makes of a message: from what it heard to the steps it takes. Without any I/O.

A program is never answered, because it might be one that answers; nor is what was said before the
bot first came, which it may hear late.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clients.python.demo.steps import BeAway, Read, Say, Sleep, Step, TakeBack, Type, Wait

LOOK_S = 1.2
"""From hearing a message to having read it: long enough to see two grey ticks turn blue."""
THINK_S = 0.5
"""From having read it to the first key of an answer, so that one is seen before the other."""
TYPING_S = (1.0, 2.0)
"""The shortest and the longest time that an answer takes to type."""
TYPED_PER_S = 60
"""Characters a second in between: it is a bot, after all."""
COMMAND_WORDS = 6
"""A command is said in no more words: whoever tells a longer story does not give one."""
COUNT_USUAL, COUNT_MOST = 10, 60
COUNT_EVERY_S = 0.2
LATER_S = 10.0
AWAY_S = 20.0
SLEEP_S = 15.0
"""The server takes one who is gone for there for 5 s, who might only reload the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message as the bot hears it.

    Attributes:
        is_direct: whether the two are alone.
        by_program: whether nobody sits behind its sender.
        is_seeded: whether it was said before anybody came.
    """

    text: str
    is_direct: bool = True
    by_program: bool = False
    is_seeded: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """Something that the bot does when it is asked.

    Attributes:
        words: any of them asks for it.
        shown: how the help writes it.
        tells: what the help says of it.
    """

    words: Sequence[str]
    shown: str
    tells: str
    steps: Callable[[Heard], Sequence[Step]]


def decide(heard: Heard) -> Sequence[Step]:
    """Return what to do about a message, in order; reading it comes first."""
    looking = (Wait(LOOK_S), Read())
    if heard.by_program or heard.is_seeded:
        return looking
    if heard.is_direct or is_addressed(heard.text):
        command = command_in(heard.text)
        answer = command.steps(heard) if command else small_talk(heard)
        return (*looking, Wait(THINK_S), *answer)
    if is_question(heard.text):
        return (*looking, Wait(THINK_S), *small_talk(heard))
    return looking


def is_addressed(text: str) -> bool:
    """Say whether a text names the bot."""
    return "bot" in words_of(text)


def is_question(text: str) -> bool:
    """Say whether a text asks something. A question mark inside a link asks nothing."""
    return re.search(r"\?(?!\w)", text) is not None


def command_in(text: str) -> Command | None:
    """Return the first command of a text; None where there is none, or too much beside it."""
    words = words_of(text)
    if len(words) > COMMAND_WORDS:
        return None
    return next((_BY_WORD[word] for word in words if word in _BY_WORD), None)


def small_talk(heard: Heard) -> Sequence[Step]:
    """Return the answer to whatever is no command."""
    for pattern, said in _SMALL_TALK:
        if re.search(pattern, heard.text, re.IGNORECASE):
            return speak(said, heard)
    if is_question(heard.text):
        return speak("Good question. I know only a few things: say help.", heard)
    count = len(heard.text.split())
    words = "one word" if count == 1 else f"all {count} words"
    return speak(f"I have read it, {words}. Say help, and I tell what else I can do.", heard)


def speak(text: str, heard: Heard) -> Sequence[Step]:
    """Return the steps by which something is said; among many, as a reply."""
    return _typed(text, quotes=not heard.is_direct)


def words_of(text: str) -> Sequence[str]:
    """Return the words of a text, in small letters."""
    return re.findall(r"[a-z]+", text.casefold())


def _typed(text: str, *, quotes: bool = False) -> Sequence[Step]:
    shortest_s, longest_s = TYPING_S
    return Type(min(max(len(text) / TYPED_PER_S, shortest_s), longest_s)), Say(text, quotes)


def _help(heard: Heard) -> Sequence[Step]:
    return speak(HELP, heard)


def _count(heard: Heard) -> Sequence[Step]:
    number = re.search(r"\d+", heard.text)
    wanted = int(number[0]) if number else COUNT_USUAL
    numbers = [str(one + 1) for one in range(max(1, min(wanted, COUNT_MOST)))]
    if wanted > COUNT_MOST:
        numbers[-1] += ". That is far enough for me."
    said = [step for one in numbers for step in (Wait(COUNT_EVERY_S), Say(one))]
    return Type(TYPING_S[0]), *said


def _quote(_heard: Heard) -> Sequence[Step]:
    return _typed("This is a reply: it knows which message it belongs to.", quotes=True)


def _later(heard: Heard) -> Sequence[Step]:
    soon = speak(
        f"I write again in {LATER_S:g} seconds. Open another conversation meanwhile, and watch the "
        "badge of this one.",
        heard,
    )
    return *soon, Wait(LATER_S), *_typed("Here I am. Did you see the badge?")


def _type(_heard: Heard) -> Sequence[Step]:
    return Type(5.0), TakeBack()


def _away(heard: Heard) -> Sequence[Step]:
    going = speak(f"I leave my desk for {AWAY_S:g} seconds. Look below my name.", heard)
    return *going, BeAway(AWAY_S), *_typed("Back at my desk.")


def _sleep(heard: Heard) -> Sequence[Step]:
    going = speak(
        f"Good night! I have no connection for {SLEEP_S:g} seconds. For the first five I still "
        "look online, then you see when I was here last. Write something: it has one tick until I "
        "am back.",
        heard,
    )
    return *going, Sleep(SLEEP_S), *_typed("Good morning! What you wrote has waited for me.")


COMMANDS = (
    Command(("count",), "count 30", "thirty messages, one after the other", _count),
    Command(("quote", "reply"), "quote", "my answer is a reply to your message", _quote),
    Command(("later",), "later", "I write in ten seconds, so that you can be elsewhere", _later),
    Command(("type", "typing"), "type", "I type for a while, and think better of it", _type),
    Command(("away",), "away", "I leave my desk for a moment", _away),
    Command(("sleep", "offline"), "sleep", "I go offline; what you write waits for me", _sleep),
    Command(("help",), "help", "all of this again", _help),
)
HELP = "Say one of these:\n" + "\n".join(f"· {one.shown}: {one.tells}" for one in COMMANDS)

_BY_WORD = {word: command for command in COMMANDS for word in command.words}
_SMALL_TALK = (
    (r"\b(hello|hi|hey|good (morning|afternoon|evening))\b", "Hello! Say help, and I tell more."),
    (r"\bthank", "You are welcome 🙂"),
    (
        r"\bticks?\b",
        "✓ is stored, ✓✓ has reached everybody else, and blue was read by all of them. In a "
        "group the ticks wait for the last one.",
    ),
    (
        r"\b(who|what) are you\b",
        "A small program on Parley's Python client, in clients/python/demo: perhaps a beginning "
        "for a bot of your own.",
    ),
)
