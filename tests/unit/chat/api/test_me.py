from typing import Any

import msgspec
import pytest
from django.test import AsyncRequestFactory

from libs.common.errors import Unavailable
from services.chat.api.credentials import Caller
from services.chat.api.me import change_me
from services.chat.models import User
from tests.unit.chat.api.some_parts import state_with


class Database:
    """Changes the user, unless it is down."""

    def __init__(self, user):
        self.user = user
        self.down = False

    async def run(self, function, *, user_id, display_name, send_read_receipts, last_seen):
        assert (function.__name__, user_id) == ("change_profile", str(self.user.id))
        if self.down:
            raise Unavailable
        if send_read_receipts is not None:
            self.user.send_read_receipts = send_read_receipts
        if display_name is not None:
            self.user.display_name = display_name
        return self.user


class House:
    """Somebody who changes their profile, and who hears of it in this process."""

    def __init__(self):
        self.user = User(username="bob", display_name="Bob")
        self.database = Database(self.user)
        self.heard: list[Any] = []

    def poke(self):
        self.heard.append("the relay")

    def hear(self, user, *, is_private):
        self.heard.append((user, is_private))

    async def change(self, **wish):
        request: Any = AsyncRequestFactory().patch("/api/chat/me", msgspec.json.encode(wish))
        request.scope["state"] = state_with(
            database=self.database, relay=self, private_reading=self
        )
        request.auth = Caller(user=self.user, sid="sid", by="bearer")
        return msgspec.json.decode((await change_me(request)).content)


@pytest.fixture
def house():
    return House()


@pytest.mark.parametrize("send", [True, False])
async def test_the_process_that_is_asked_minds_privacy_at_once(house, send):
    house.user.send_read_receipts = not send

    answer = await house.change(send_read_receipts=send)

    assert answer["send_read_receipts"] is send
    assert house.heard == ["the relay", (str(house.user.id), not send)]


async def test_a_new_name_leaves_privacy_as_it_is(house):
    house.user.send_read_receipts = False

    answer = await house.change(display_name="Robert")

    assert (answer["user"]["display_name"], answer["send_read_receipts"]) == ("Robert", False)


async def test_nobody_hears_of_what_was_not_committed(house):
    house.database.down = True

    with pytest.raises(Unavailable):
        await house.change(send_read_receipts=False)

    assert house.heard == []


async def test_who_wishes_nothing_changes_nothing(house):
    answer = await house.change()

    assert (answer["send_read_receipts"], house.heard) == (True, [])
