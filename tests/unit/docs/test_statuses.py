from services.chat.domain.status import LOOKS
from tests.unit.docs import pages


def test_every_state_of_a_message_is_documented_as_it_is_shown():
    rows = pages.rows("protocol.md", "States of a message")

    documented = [
        (row.first, row["label"], row["icon"].strip("`"), row["sign"], row["colour"])
        for row in rows
    ]

    assert documented == [
        (status.value, look.label, look.icon, look.sign, look.colour.name)
        for status, look in LOOKS.items()
    ]
