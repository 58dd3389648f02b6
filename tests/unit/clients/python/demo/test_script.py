"""What is said before anybody comes, as the server and the page want it."""

import itertools
import re
import uuid

import pytest

from clients.python.demo.cast import ADA, BOT, GRACE, PASSWORD, PEOPLE, VISITORS, is_program
from clients.python.demo.deciding import HELP
from clients.python.demo.lines import Conversation, Line
from clients.python.demo.script import CLIENT_IDS, CONVERSATIONS, WITH_THE_BOT
from clients.python.demo.server_room import SERVER_ROOM
from libs.common.messages import check_content
from services.chat.domain.names import USERNAME_PATTERN, display_name_of, room_name_of

NEWEST, OLDER = 50, 20
"""Messages that the page shows first, and with each look further back."""
each = pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda one: one.name or one.kind)


def test_everybody_has_a_name_that_the_server_takes():
    assert all(re.match(USERNAME_PATTERN, person.username) for person in PEOPLE)
    assert all(display_name_of(person.name) == person.name for person in PEOPLE)
    assert len({person.username for person in PEOPLE}) == len(PEOPLE)
    assert room_name_of(SERVER_ROOM.name) == SERVER_ROOM.name


def test_one_signs_in_as_a_person_and_all_others_are_programs():
    assert {person for person in PEOPLE if not person.is_program} == set(VISITORS)
    assert not any(is_program(person.username) for person in VISITORS)
    assert is_program("somebody-s-bot")
    assert not is_program("talbot-junior")


def test_the_password_is_long_enough():
    assert len(PASSWORD) >= 8


@each
def test_every_line_can_be_sent_by_a_member(conversation):
    assert {line.by for line in conversation.lines} <= set(conversation.members)
    for line in conversation.lines:
        check_content(line.text)


@each
def test_whoever_answers_answers_an_earlier_line(conversation):
    known = set()
    for line in conversation.lines:
        assert not line.answers or line.answers in known
        assert line.key not in known
        known |= {line.key} - {""}

    assert {line.answers for line in conversation.lines} - {""} == known


@each
def test_nobody_wrote_what_they_have_not_read(conversation):
    for person in conversation.members:
        left = conversation.unread.get(person.username, 0)
        newest = conversation.lines[len(conversation.lines) - left :]

        assert person not in {line.by for line in newest}


def test_the_group_is_so_long_that_one_scrolls_back_more_than_once():
    assert NEWEST + OLDER < len(SERVER_ROOM.lines) < 100


def test_the_group_has_something_of_everything():
    texts = [line.text for line in SERVER_ROOM.lines]
    runs = itertools.pairwise(SERVER_ROOM.lines)

    assert any("https://" in text for text in texts)
    assert any("\n" in text for text in texts)
    assert any(ord(char) > 0x1F000 for text in texts for char in text)
    assert any(one.by is other.by for one, other in runs)
    assert sum(bool(line.answers) for line in SERVER_ROOM.lines) >= 10
    assert {line.by for line in SERVER_ROOM.lines} == set(PEOPLE)
    assert SERVER_ROOM.unread[ADA.username] > SERVER_ROOM.unread[GRACE.username] > 0


def test_the_greeting_says_what_to_try():
    [greeting] = WITH_THE_BOT.lines

    assert greeting.by is BOT
    assert HELP in greeting.text
    assert GRACE.username in greeting.text


def test_every_line_has_a_client_id_of_its_own_and_always_the_same():
    ids = [one.client_id(n) for one in CONVERSATIONS for n in range(len(one.lines))]

    assert len(set(ids)) == len(ids) == len(CLIENT_IDS)
    assert {str(uuid.UUID(one)) for one in ids} == CLIENT_IDS
    again = Conversation(opened_by=ADA, others=(BOT,), lines=(Line(ADA, "hello"),))
    assert again.client_id(0) == "01d7e458-e19d-5888-9a5f-f2c849116233"


def test_a_line_that_is_written_anew_is_another_message():
    old, new = (
        Conversation(opened_by=ADA, others=(BOT,), lines=(Line(ADA, text),)) for text in "ab"
    )

    assert old.client_id(0) != new.client_id(0)
