"""Errors as people read them."""

import pytest

from clients.python import parley
from clients.python.terminal.sentences import sentence_of


@pytest.mark.parametrize("kind", [getattr(parley, name) for name in parley.__all__])
def test_every_error_is_one_sentence_without_its_code(kind):
    if not (isinstance(kind, type) and issubclass(kind, parley.ParleyError)):
        return
    arguments = {parley.Closed: (1009,), parley.Refused: (403,), parley.FellBehind: (3,)}
    error = kind(*arguments.get(kind, ("",)))

    sentence = sentence_of(error)

    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_what_is_wrong_with_the_members_of_a_frame_is_said():
    error = parley.BadFrame(fields={"members": ["There is nobody called eve."]})

    assert sentence_of(error) == "There is nobody called eve."


def test_the_words_of_the_server_are_made_harmless():
    assert sentence_of(parley.PermissionDenied("no\x1b[2J")) == "no␛[2J"
    assert sentence_of(parley.BadFrame(fields={"x": ["\x1b[2J"]})) == "␛[2J"


def test_a_lost_answer_is_not_called_a_failure():
    assert "may or may not" in sentence_of(parley.NotAcknowledged("c"))


def test_what_is_queued_is_not_called_lost():
    assert "goes by itself" in sentence_of(parley.NotAcknowledged("c", is_queued=True))
