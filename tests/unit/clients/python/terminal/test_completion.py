"""What Tab offers."""

import pytest

from clients.python.terminal.completion import complete

ROOMS = ["The Team", "bob", "Bells\x1b"]
PEOPLE = ["alice", "bob"]


def offered(text: str) -> list[str]:
    return [
        text[: len(text) - length] + new
        for length, new in complete(text, rooms=ROOMS, people=PEOPLE)
    ]


@pytest.mark.parametrize("text", ["", "hello", "hello /ro", "//ro", "/help x", "/nothing x"])
def test_nothing_is_offered_where_nothing_fits(text):
    assert offered(text) == []


def test_commands_are_completed():
    assert offered("/ro") == ["/rooms ", "/role "]


def test_rooms_and_people_are_completed_where_both_are_meant():
    assert offered("/open b") == ["/open Bells␛", "/open bob"]
    assert offered("/open the t") == ["/open The Team"]


def test_people_are_completed_word_by_word():
    assert offered('/group "A b" alice b') == ['/group "A b" alice bob']
    assert offered("/add ") == ["/add alice", "/add bob"]
