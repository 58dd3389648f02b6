"""What is said before anybody comes, as values: lines, and the conversations that they make.

Every line has the same client_id on every start, and by that the server knows it again: saying all
of it twice changes nothing. A line that is written anew is another message.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clients.python.demo.cast import Person

NAMESPACE = uuid.UUID("7d0c2a52-6a3c-4d4c-9f43-0f3e5b0d5c11")
"""Of all client_ids of the demo; drawn once."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message.

    Attributes:
        by: who writes it.
        text: what.
        key: a word by which a later line may answer this one.
        answers: the key of the line that this one replies to, or nothing.
    """

    by: Person
    text: str
    key: str = ""
    answers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A room and what is said in it.

    Attributes:
        opened_by: its owner, where it is a group.
        others: everybody else in it.
        lines: from the first to the last.
        name: of a group; a direct room has none.
        unread: how many of the newest lines somebody has not read, by username; nobody else
            has anything left to read.
    """

    opened_by: Person
    others: Sequence[Person]
    lines: Sequence[Line]
    name: str = ""
    unread: Mapping[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What the server calls it."""
        return "group" if self.name else "direct"

    @property
    def members(self) -> Sequence[Person]:
        """Everybody in it."""
        return (self.opened_by, *self.others)

    def client_id(self, number: int) -> str:
        """Return the client_id of the line with this index, the same for ever."""
        line = self.lines[number]
        said = (self.name, str(number), line.by.username, line.answers, line.text)
        return str(uuid.uuid5(NAMESPACE, "\n".join(said)))
