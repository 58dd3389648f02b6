"""What the server says to people is translated on the page by its English sentence."""

import re

import pytest

from dev.settings import ROOT
from libs.common.errors import ParleyError
from services.chat.domain.status import LOOKS

CATALOGUE = ROOT / "clients" / "web" / "app" / "shared" / "words" / "de.ts"
SENTENCE = re.compile(r'^  (?:"([^"\n]+)"|(\w+)):', re.MULTILINE)


def every(kind):
    """Return a class and all that follow it."""
    return {kind}.union(*(every(one) for one in kind.__subclasses__()))


@pytest.fixture(scope="module")
def translated():
    """The sentences that are translated."""
    _, _, sentences = CATALOGUE.read_text().partition("export const sentences")
    return {quoted or word for quoted, word in SENTENCE.findall(sentences)}


def test_each_error_is_translated(translated):
    said = {
        kind.default_message
        for kind in every(ParleyError)
        if kind.__module__ == ParleyError.__module__
    }

    assert said <= translated


def test_each_state_of_a_message_is_translated(translated):
    assert {look.label for look in LOOKS.values()} <= translated
    assert {look.group_label for look in LOOKS.values()} <= translated
