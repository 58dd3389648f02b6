"""A queue process without what it stands on: its database is played, by a clock that stands."""

import uuid
from typing import Any, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dev.keys import make_secrets
from libs.common.clock import ManualClock
from libs.common.tokens import Issuer, Verifier
from services.queue.api.parts import Parts
from services.queue.domain.vapid import base64url
from services.queue.selectors.waiting import DeadLetter, QueueStats, QueueStatus
from tests.unit.generous import generous_limit

ANN, ROOM = (f"01890a5d-ac96-774b-bcce-b302099a805{number}" for number in range(2))
OURS = "http://queue"
SECRET = "a" * 32
PUSH_KEY = "B" * 87
ENDPOINT = "https://push.example/an-id"
STATUS: dict[str, Any] = {
    "incoming": 3,
    "outgoing": 2,
    "retry": 1,
    "oldest_at": None,
    "expired_total": 4,
}


class Database:
    """Answers as the actions and selectors would, and notes what is asked; or fails."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.known: set[str] = set()
        self.dead: list[int] = []
        self.fails: Exception | None = None

    async def run(self, function, *args, **kwargs):
        if self.fails is not None:
            raise self.fails
        kwargs.pop("now", None)
        return getattr(self, function.__name__)(*args, **kwargs)

    def _ask_database(self):
        pass

    def queue_outgoing_message(self, wish):
        self.asked.append(wish)
        is_new = wish.client_id not in self.known
        self.known.add(wish.client_id)
        return is_new

    def get_queue_status(self, user_id):
        self.asked.append(user_id)
        return QueueStatus(**STATUS)

    def subscribe(self, wanted):
        self.asked.append(wanted)
        is_new = wanted.endpoint not in self.known
        self.known.add(wanted.endpoint)
        return is_new

    def unsubscribe(self, user, endpoint):
        self.asked.append([user, endpoint])

    def queue_stats(self):
        return QueueStats(**STATUS, incoming_rows=5, retries=6, dead_letters=7, sessions=8)

    def waiting_in(self, *, room_id, users):
        return []

    def dead_letters(self, *, after, limit):
        return [letter(number) for number in self.dead if number > after][:limit]

    def replay_dead_letters(self, ids):
        self.asked.append(("replay", *ids))
        return len({*ids} & {*self.dead})

    def discard_dead_letters(self, ids):
        self.asked.append(("discard", *ids))
        return len({*ids} & {*self.dead})


def letter(number):
    return DeadLetter(
        id=number,
        room=ROOM,
        sender=ANN,
        recipient=None,
        client_id=str(uuid.UUID(int=number)),
        content="refused",
        created_at="2027-01-15T08:00:00.000Z",
        failed_at="2027-01-15T08:00:09.000Z",
        retry_count=3,
        last_error="permission_denied: No member.",
    )


class Submissions:
    """Counts how often it is poked."""

    def __init__(self) -> None:
        self.pokes = 0

    def poke(self) -> None:
        self.pokes += 1


class House:
    """A queue process without what it stands on, and somebody who is signed in."""

    def __init__(self) -> None:
        secrets = make_secrets()
        keys = secrets.token_verify_keys
        clock = ManualClock()
        self.issuer = Issuer(secrets.token_signing_key, verify_keys=keys, clock=clock)
        self.database, self.submissions = Database(), Submissions()
        self.parts = Parts(
            database=cast(Any, self.database),
            clock=clock,
            submissions=cast(Any, self.submissions),
            verifier=Verifier(keys, clock=clock),
            requests=generous_limit(),
            push_key=PUSH_KEY,
        )

    def token(self, *, staff=False):
        return self.issuer.issue(sub=ANN, sid="s", name="ann", staff=staff)


def wish(**changes):
    """Return what is handed in, with a client_id of its own; a browser, too."""
    message = {"room": ROOM, "client_id": str(uuid.uuid4()), "content": "hello"}
    return message | browser() | changes


def browser(**changes):
    """Return a browser, as it is handed in."""
    point = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )
    keys = {"p256dh": base64url(point), "auth": base64url(b"a" * 16)}
    return {"endpoint": ENDPOINT, "expirationTime": None, "keys": keys} | changes
