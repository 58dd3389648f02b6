"""Finding the room or the person that somebody means by a number or a name."""

from collections.abc import Sequence

from clients.python.parley import Chat, NotFound, Room
from clients.python.terminal.model import Model
from clients.python.terminal.people import People


class Directory:
    """Finds rooms and people for one user.

    Args:
        chat: connected.
        model: the rooms and their numbers.
        people: those met so far.
    """

    def __init__(self, chat: Chat, model: Model, people: People) -> None:
        self._chat = chat
        self._model = model
        self._people = people

    async def room_called(self, text: str) -> Room:
        """Return the room with this number, this name, or with the person of this username.

        A direct room that does not exist yet is made. ``@bob`` can only mean the person.

        Raises:
            NotFound: several rooms are called that.
            ParleyError: there is nobody of that name, or the server cannot be reached.
        """
        text = text.strip().strip('"')
        if text.isdecimal() and (room := self._model.numbered(int(text))):
            return room
        named = [] if text.startswith("@") else self._model.named(text)
        if len(named) > 1:
            numbers = ", ".join(str(self._model.number(room.id)) for room in named)
            raise NotFound(f"Several are called that; open one by its number: {numbers}.")
        return named[0] if named else await self.direct_room(text)

    async def direct_room(self, username: str) -> Room:
        """Return the direct room with a person, making it where there is none.

        Raises:
            ParleyError: there is nobody of that name, or the server cannot be reached.
        """
        username = bare(username)
        known = self._people.id_of(username)
        room = self._model.direct_with(known) if known else None
        if room is None:
            with self._model.making():
                room = await self._chat.direct_room(username)
            await self._people.learn(room.members or ())
        return room

    async def group(self, name: str, usernames: Sequence[str]) -> Room:
        """Make a group with these people.

        Raises:
            ParleyError: there is nobody of one of the names, or the server cannot be reached.
        """
        with self._model.making():
            return await self._chat.group_room(name, [bare(one) for one in usernames])

    async def user_id(self, username: str) -> str:
        """Return a person's id.

        Raises:
            NotFound: there is nobody of that name.
            ParleyError: the server cannot be reached.
        """
        username = bare(username)
        if self._people.id_of(username) is None:
            self._people.add(await self._chat.api.users(username))
        found = self._people.id_of(username)
        if found is None:
            raise NotFound(f"There is nobody called {username}.")
        return found


def bare(username: str) -> str:
    """Return a username without the sign that people write before it."""
    return username.removeprefix("@")
