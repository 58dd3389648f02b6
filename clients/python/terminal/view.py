"""From the model to lines: the pages, the part above the prompt, the bar at the bottom."""

import datetime as dt
from collections.abc import Iterable, Sequence

from clients.python.parley import ConnectionState, Message, MessageReceipt, Room, User
from clients.python.terminal import lines
from clients.python.terminal.commands import COMMANDS
from clients.python.terminal.company import NAME_COLUMNS, Company
from clients.python.terminal.layout import clip
from clients.python.terminal.lines import Laid, Line, Mark, Piece, Row
from clients.python.terminal.model import DIRECT, Model, Outgoing
from clients.python.terminal.people import People, shade_of
from clients.python.terminal.safe import safe
from clients.python.terminal.ticks import Ticks

LIVE_LINES = 6
"""Lines of messages on their way that stand above the prompt; older ones are only counted."""
READ_WHEN = "The open conversation counts as read while this window has the focus."
"""True as far as the terminal tells of the focus; where it does not, what is shown is read."""
QUOTE_CHARS = 80
REFUSED_LINES = 5
LISTED_ROOMS = 15
LISTED_RECEIPTS = 20
"""People listed for one message; of more it is said how many."""


class View:
    """What the model looks like.

    Args:
        model: what is known.
        people: how everybody is called.
        ticks: the signs of own messages.
        company: the others at this moment.
        zone: of the reader; None is the machine's own.
    """

    def __init__(
        self,
        model: Model,
        people: People,
        *,
        ticks: Ticks,
        company: Company,
        zone: dt.tzinfo | None = None,
    ) -> None:
        self._model = model
        self._people = people
        self._ticks = ticks
        self._company = company
        self._zone = zone

    # Messages ---------------------------------------------------------------------------------

    def messages(self, messages: Iterable[Message], columns: int) -> list[Laid]:
        """Lay messages out, with a line above each new day; the model's day moves along."""
        laid: list[Laid] = []
        for one in messages:
            at = one.created_at.astimezone(self._zone)
            if at.date() != self._model.day:
                self._model.day = at.date()
                laid.append(lines.day(at.date(), columns))
            laid += lines.message(self._row(one, at), columns)
        return laid

    def live(self, columns: int) -> list[Laid]:
        """Lay out what is on its way in the open room: the newest of it."""
        under_way = self._model.under_way(self._model.current or "")
        laid: list[Laid] = []
        for number, one in enumerate(reversed(under_way)):
            rows = lines.message(self._outgoing_row(one), columns)
            if len(laid) + len(rows) > LIVE_LINES:
                return [[("dim", f"  · {len(under_way) - number} more on their way")], *laid]
            laid = [*rows, *laid]
        return laid

    def refused(self, outgoing: Outgoing, sentence: str, columns: int) -> list[Laid]:
        """Lay a refused message out, with the reason below it."""
        row = lines.message(self._outgoing_row(outgoing), columns)[:REFUSED_LINES]
        return [*row, *lines.notice(f"Not sent: {sentence}", columns, "bad")]

    def given_up(self, outgoing: Outgoing, sentence: str, columns: int) -> list[Laid]:
        """Lay a message out that nothing takes at the moment, with what will become of it."""
        laid = lines.message(self._row_of(outgoing, Mark.FAILED), columns)[:REFUSED_LINES]
        words = f"{sentence} It goes by itself once something answers; /retry tries it now."
        return [*laid, *lines.notice(words, columns, "bad")]

    def quiet(self, message: Message, columns: int) -> Line:
        """Lay a message of another room out in one line."""
        room = self._model.rooms.get(message.room)
        name = self._model.title(message.room)
        if room is not None and room.kind != DIRECT:
            name = f"{name}, {self._people.name(message.sender)}"
        return lines.quiet(
            f"[{self._model.number(message.room)}] {name}",
            message.content,
            self._model.unread(message.room),
            columns,
        )

    # Pages ------------------------------------------------------------------------------------

    def rooms(self, rooms: Sequence[Room], columns: int) -> list[Line]:
        """List rooms with their numbers and what is unread in them."""
        rows = [self._room_row(room) for room in rooms[:LISTED_ROOMS]]
        laid = lines.table(rows, columns)
        if len(rooms) > LISTED_ROOMS:
            more = f"{len(rooms) - LISTED_ROOMS} more; /rooms with a part of a name finds them."
            laid += lines.notice(more, columns, "dim")
        return laid

    def header(self, room: Room, columns: int) -> Laid:
        """Return the line above an opened conversation; of two people, with the other's presence.

        It follows them for as long as it is drawn anew; then the bar does.
        """
        title, about = self._model.title(room.id), self._about(room)
        words = about if about == f"@{title}" else f"{title} ({about})"

        def line() -> Line:
            presence = self._presence(room)
            return lines.rule(f"{words} · {presence}" if presence else words, columns, "title")

        return line

    def members(self, members: Iterable[tuple[str, str]], columns: int) -> list[Line]:
        """List (user id, role), with who of them is there."""
        rows = [
            [
                self._name(user),
                ("dim", "" if role == "member" else role),
                ("dim", self._company.presence(user)),
            ]
            for user, role in members
        ]
        return lines.table(rows, columns)

    def receipts(
        self, room: str, seq: int, receipts: Iterable[MessageReceipt], columns: int
    ) -> list[Line]:
        """List who received and read a message, those who did so last first; not its writer."""
        message = self._model.kept(room, seq)
        writer = message.sender if message else None
        others = [one for one in receipts if one.user != writer]
        others.sort(key=lambda one: (one.read, one.delivered, *_times(one)), reverse=True)
        read = sum(one.read for one in others)
        delivered = sum(one.delivered or one.read for one in others)
        summary = f"Message {seq}: read by {read} and received by {delivered} of {len(others)}."
        rows = [self._receipt_row(one) for one in others[:LISTED_RECEIPTS]]
        laid = [*lines.notice(summary, columns), *lines.table(rows, columns)]
        if len(others) > LISTED_RECEIPTS:
            laid += lines.notice(f"{len(others) - LISTED_RECEIPTS} more.", columns, "dim")
        return laid

    def found(self, people: Iterable[User], columns: int) -> list[Line]:
        """List people that a search found."""
        rows = [[("", f"@{one.username}"), ("dim", one.display_name)] for one in people]
        return lines.table(rows, columns)

    def help(self, columns: int) -> list[Line]:
        """List the commands."""
        rows = [
            [("title", f"/{name} {spec.takes}".rstrip()), ("dim", spec.does)]
            for name, spec in COMMANDS.items()
        ]
        keys = "Tab completes · Alt-Enter begins a new line · // sends a text that begins with /"
        laid = [*lines.table(rows, columns), *lines.notice(keys, columns, "dim")]
        return laid + lines.notice(READ_WHEN, columns, "dim")

    # Around the prompt ------------------------------------------------------------------------

    def prompt(self) -> Line:
        """Return what stands before the cursor."""
        room = self._model.open_room
        title = clip(self._model.title(room.id), 24) if room else "no conversation"
        return [("prompt", f"{title} > ")]

    def bar(self, state: ConnectionState, next_try_in_s: float) -> Line:
        """Return the bottom line: the connection, the others here, who one is, what waits."""
        waiting = len(self._model.on_its_way())
        unread = self._model.unread_elsewhere()
        words = [
            self._here(),
            f"@{safe(self._people.username(self._model.me))}",
            f"{unread} unread elsewhere" if unread else "",
            f"{waiting} on {'its' if waiting == 1 else 'their'} way" if waiting else "",
            "/help",
        ]
        style, how = state_words(state, next_try_in_s)
        return [(style, f" {how} "), ("bar", " · ".join(["", *filter(None, words)]))]

    def _here(self) -> str:
        """Say who writes in the open room; otherwise, of two people, whether the other is there."""
        room = self._model.open_room
        if room is None:
            return ""
        presence = self._presence(room)
        about = f"{clip(self._model.title(room.id), NAME_COLUMNS)}: {presence}" if presence else ""
        return self._company.typing(room.id) or about

    def _row(self, message: Message, at: dt.datetime) -> Row:
        own = message.sender == self._model.me
        return Row(
            content=message.content,
            name="you" if own else self._people.name(message.sender),
            style="me" if own else f"name{shade_of(message.sender)}",
            sign=lambda: self._sign(message),
            seq=message.seq,
            at=at,
            quote=self._quote(message.room, message.reply_to),
        )

    def _outgoing_row(self, one: Outgoing) -> Row:
        return self._row_of(one, one.mark)

    def _row_of(self, one: Outgoing, mark: Mark) -> Row:
        quote = self._quote(one.room, one.reply_to)
        sign = self._ticks.sign(mark)
        return Row(content=one.content, name="you", style="me", sign=lambda: sign, quote=quote)

    def _sign(self, message: Message) -> Piece:
        if message.sender != self._model.me:
            return self._ticks.sign(Mark.THEIRS)
        return self._ticks.sign(self._ticks.mark(message.room, message.seq))

    def _quote(self, room: str, seq: int | None) -> str | None:
        if seq is None:
            return None
        answered = self._model.kept(room, seq)
        if answered is None:
            return f"message {seq}"
        who = "you" if answered.sender == self._model.me else self._people.name(answered.sender)
        return f"{who}: {answered.content[:QUOTE_CHARS]}"

    def _receipt_row(self, one: MessageReceipt) -> list[Piece]:
        mark = Mark.READ if one.read else Mark.DELIVERED if one.delivered else Mark.SENT
        style, sign = self._ticks.sign(mark)
        received = f"received {self._time(one.delivered_at)}".rstrip()
        read = f"read {self._time(one.read_at)}".rstrip()
        return [
            (style, sign),
            self._name(one.user),
            ("", received if one.delivered else "not received yet"),
            ("", read if one.read else ""),
        ]

    def _time(self, at: dt.datetime | None) -> str:
        """Say when something was; nothing where that is not known any more."""
        if at is None:
            return ""
        own = at.astimezone(self._zone)
        return f"{own.day} {own:%b %H:%M}"

    def _room_row(self, room: Room) -> list[lines.Piece]:
        unread = self._model.unread(room.id)
        return [
            ("title", str(self._model.number(room.id))),
            ("strong" if unread else "", self._model.title(room.id)),
            ("good" if unread else "dim", f"{unread} new" if unread else ""),
            ("dim", self._about(room)),
        ]

    def _about(self, room: Room) -> str:
        if room.kind != DIRECT:
            return "1 member" if room.member_count == 1 else f"{room.member_count} members"
        other = self._model.other_in(room)
        return f"@{self._people.username(other)}" if other else "yourself"

    def _presence(self, room: Room) -> str:
        other = self._model.other_in(room)
        return self._company.presence(other) if other else ""

    def _name(self, user: str) -> lines.Piece:
        you = " (you)" if user == self._model.me else ""
        return (f"name{shade_of(user)}", self._people.full_name(user) + you)


def _times(receipt: MessageReceipt) -> tuple[float, float]:
    times = (receipt.read_at, receipt.delivered_at)
    read, delivered = (at.timestamp() if at else 0.0 for at in times)
    return read, delivered


def state_words(state: ConnectionState, next_try_in_s: float) -> lines.Piece:
    """Say how the connection stands; of a pause also how long it lasts."""
    if state.is_connected:
        return "bar.good", "● connected"
    seconds = f"{next_try_in_s:.0f} s"
    if state in (ConnectionState.FAILED, ConnectionState.OFFLINE_MODE):
        return "bar.bad", f"○ offline, next try in {seconds}"
    if next_try_in_s > 0:
        return "bar.warn", f"○ reconnecting in {seconds}"
    return "bar.warn", "○ connecting …"
