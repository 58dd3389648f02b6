import datetime as dt

from services.chat.domain.drafts import Draft, Stored

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def test_a_message_is_room_sender_and_client_id_whatever_it_says():
    one = Draft("room", "sender", "client", "content", 1, "session")
    same = Draft("room", "sender", "client", "other", None, None)

    assert one.key == same.key == ("room", "sender", "client")


def test_the_id_of_a_message_is_its_place():
    assert Stored("room", 41, AT).id == "room.41"
