"""What each command does."""

from collections.abc import Awaitable, Callable, Mapping

from clients.python.parley import Chat, NotFound, Room
from clients.python.terminal.commands import Call
from clients.python.terminal.directory import Directory, bare
from clients.python.terminal.model import Model
from clients.python.terminal.people import People
from clients.python.terminal.safe import safe
from clients.python.terminal.talk import Talk
from clients.python.terminal.view import View

OLDER = 20
MOST_OLDER = 100
"""Messages that one ``/history`` brings; the server's limits."""


class Runner:
    """Runs commands for one talk.

    Args:
        chat: connected.
        talk: where their results go.
        directory: finds rooms and people.
        model: what is known.
        people: how everybody is called.
        view: from the model to lines.
    """

    def __init__(
        self,
        chat: Chat,
        talk: Talk,
        *,
        directory: Directory,
        model: Model,
        people: People,
        view: View,
    ) -> None:
        self._chat = chat
        self._talk = talk
        self._directory = directory
        self._model = model
        self._people = people
        self._view = view
        self._known: Mapping[str, Callable[[Call], Awaitable[None]]] = {
            "rooms": self._rooms,
            "open": self._open,
            "new": self._new,
            "find": self._find,
            "group": self._group,
            "add": self._add,
            "remove": self._remove,
            "role": self._role,
            "rename": self._rename,
            "leave": self._leave,
            "members": self._members,
            "history": self._history,
            "reply": self._reply,
            "retry": self._retry,
            "who": self._who,
            "receipts": self._receipts,
            "lastseen": self._lastseen,
            "help": self._help,
        }

    async def run(self, call: Call) -> None:
        """Run one command.

        Raises:
            ParleyError: it was refused, or the server cannot be reached.
        """
        await self._known[call.name](call)

    # Finding ----------------------------------------------------------------------------------

    async def _rooms(self, call: Call) -> None:
        wanted = call.rest.casefold()
        rooms = [room for room in self._model.by_activity() if wanted in safe(room.name).casefold()]
        await self._people.learn(user for room in rooms for user in room.members or ())
        if rooms:
            self._talk.show(self._view.rooms(rooms, self._talk.columns))
        elif wanted:
            self._talk.tell("No conversation is called that.")
        else:
            self._talk.tell("No conversations yet. /new username begins one.")

    async def _open(self, call: Call) -> None:
        await self._talk.open(await self._directory.room_called(call.rest))

    async def _new(self, call: Call) -> None:
        await self._talk.open(await self._directory.direct_room(call.words[0]))

    async def _find(self, call: Call) -> None:
        found = await self._chat.api.users(call.rest)
        self._people.add(found)
        if found:
            self._talk.show(self._view.found(found, self._talk.columns))
        else:
            self._talk.tell("Nobody's name begins like that.")

    # Groups -----------------------------------------------------------------------------------

    async def _group(self, call: Call) -> None:
        name, *usernames = call.words
        await self._talk.open(await self._directory.group(name, usernames))

    async def _add(self, call: Call) -> None:
        usernames = [bare(one) for one in call.words]
        await self._chat.add_members(self._here().id, usernames)
        self._talk.tell(f"Added {', '.join(usernames)}.")

    async def _remove(self, call: Call) -> None:
        room, user = self._here(), await self._directory.user_id(call.words[0])
        await self._chat.remove_member(room.id, user)
        self._talk.tell(f"Removed {self._people.full_name(user)}.")

    async def _role(self, call: Call) -> None:
        room, user = self._here(), await self._directory.user_id(call.words[0])
        await self._chat.set_role(room.id, user, call.words[1].lower())
        self._talk.tell(f"{self._people.full_name(user)} has the role {call.words[1].lower()} now.")

    async def _rename(self, call: Call) -> None:
        await self._chat.rename(self._here().id, call.rest.strip('"'))

    async def _leave(self, _call: Call) -> None:
        await self._chat.leave(self._here().id)

    async def _members(self, _call: Call) -> None:
        members = [one async for one in self._chat.api.members(self._here().id)]
        await self._people.learn(one.user for one in members)
        rows = [(one.user, one.role) for one in members]
        self._talk.show(self._view.members(rows, self._talk.columns))

    # Messages ---------------------------------------------------------------------------------

    async def _history(self, call: Call) -> None:
        self._here()
        count = call.words[0] if call.words else str(OLDER)
        if not count.isdecimal():
            raise NotFound("Like this: /history 50")
        await self._talk.older(min(max(int(count), 1), MOST_OLDER))

    async def _reply(self, call: Call) -> None:
        self._here()
        number, text = call.words[0].removeprefix("#"), call.rest.partition(" ")[2]
        if not number.isdecimal():
            raise NotFound("Like this: /reply 12 Yes, indeed")
        self._talk.sending.say(text.strip(), int(number))

    async def _retry(self, _call: Call) -> None:
        if not self._talk.sending.retry():
            self._talk.tell("Nothing was refused here.")

    # Receipts ---------------------------------------------------------------------------------

    async def _who(self, call: Call) -> None:
        room = self._here()
        number = call.words[0].removeprefix("#") if call.words else str(self._model.shown)
        if not number.isdecimal():
            raise NotFound("Like this: /who 12")
        seq = int(number)
        if seq == 0:
            raise NotFound("There is no message here yet.")
        receipts = [one async for one in self._chat.api.message_receipts(room.id, seq)]
        await self._people.learn(one.user for one in receipts)
        self._talk.show(self._view.receipts(room.id, seq, receipts, self._talk.columns))

    async def _receipts(self, call: Call) -> None:
        words = {"on": True, "off": False}
        wish = call.rest.strip().lower()
        if wish and wish not in words:
            raise NotFound("Like this: /receipts off")
        api = self._chat.api
        profile = await (api.change_me(send_read_receipts=words[wish]) if wish else api.me())
        said = {
            True: "Others see what you have read.",
            False: "Others do not see what you read. That you received it they see.",
            None: "This server tells others what you have read, and has no other choice.",
        }
        self._talk.tell(said[profile.send_read_receipts])

    async def _lastseen(self, call: Call) -> None:
        said = {
            "everyone": "Whoever shares a conversation with you sees when you were here last.",
            "contacts": "Only those you have a direct conversation with see when you were here"
            " last; of others you do not see it either.",
            "nobody": "Nobody sees when you were here last; of others you do not see it either.",
            None: "This server has no choice of who sees when you were here last.",
        }
        wish = call.rest.strip().lower()
        if wish and wish not in said:
            raise NotFound("Like this: /lastseen contacts")
        api = self._chat.api
        profile = await (api.change_me(last_seen=wish) if wish else api.me())
        self._talk.tell(said.get(profile.last_seen, said[None]))

    async def _help(self, _call: Call) -> None:
        self._talk.show(self._view.help(self._talk.columns))

    def _here(self) -> Room:
        room = self._model.open_room
        if room is None:
            raise NotFound("Open a conversation first: /rooms lists them.")
        return room
