"""All that is said before anybody comes: the group, and what stands in two direct rooms.

The last one is opened last, so that it stands on top when Ada signs in.
"""

from clients.python.demo.cast import ADA, BOT, GRACE
from clients.python.demo.deciding import HELP
from clients.python.demo.lines import Conversation, Line
from clients.python.demo.server_room import SERVER_ROOM

GREETING = f"""\
Hello Ada, I am the bot of this demo. Write me something, and watch your message: ✓ it is stored, \
✓✓ it has reached me, and blue once I have read it. Then I type, and answer.

{HELP}

The group has something unread for you; I answer there, too, when you name me or ask something. \
And open a private window as {GRACE.username}: then you are two."""

TWO_WINDOWS = Conversation(
    opened_by=GRACE,
    others=(ADA,),
    lines=(
        Line(GRACE, "Are you in already?"),
        Line(ADA, "Since this morning. It looks like home."),
        Line(GRACE, "Sign in as me in a private window, and answer yourself 😉"),
    ),
    unread={ADA.username: 1},
)
WITH_THE_BOT = Conversation(
    opened_by=BOT, others=(ADA,), lines=(Line(BOT, GREETING),), unread={ADA.username: 1}
)

CONVERSATIONS = (SERVER_ROOM, TWO_WINDOWS, WITH_THE_BOT)
CLIENT_IDS = frozenset(
    one.client_id(number) for one in CONVERSATIONS for number in range(len(one.lines))
)
"""By which a message is known to be one of these."""
