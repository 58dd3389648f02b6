"""What a session was told in a room.

Nobody in the properties reports what they received, if that is not what a property is about. To
such a session the queue replays what it was told already, whenever it likes.
"""

from tests.integration.chat.world import Client, Frame


def told_once(client: Client, room: str, first: int) -> list[Frame]:
    """Return a room's messages from a seq on, as they came first."""
    told: dict[int, Frame] = {}
    for message in client.messages(room):
        if message["seq"] >= first:
            told.setdefault(message["seq"], message)
    return list(told.values())
