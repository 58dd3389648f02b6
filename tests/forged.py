"""Tokens and tickets that are ours but for one part, and what verifies ours.

Each has three parts: header, payload and signature. Of two that are ours, no part of one fits the
other; and what a stranger signs has our name of the key in its header.
"""

import base64
import datetime as dt
from collections.abc import Mapping

from dev.keys import Secrets, make_secrets
from libs.common.clock import Clock, ManualClock
from libs.common.tokens import Issuer, Verifier

KID = "1"
"""The name of our key, known to everybody."""
HEADER, PAYLOAD, SIGNATURE = PARTS = range(3)
CLOCK = ManualClock()
SUBJECT = {"sub": "ann", "sid": "a sign-in"}


def _keys_of(secrets: Secrets) -> Mapping[str, str]:
    (public,) = secrets.token_verify_keys.values()
    return {KID: public}


def _signed(secrets: Secrets, clock: Clock = CLOCK) -> tuple[str, str]:
    """Return a token and a ticket."""
    issuer = Issuer(secrets.token_signing_key, verify_keys=_keys_of(secrets), clock=clock)
    return issuer.issue(**SUBJECT, name="ann", staff=False), issuer.issue_ticket(**SUBJECT)


_ours = make_secrets()
VERIFIER = Verifier(_keys_of(_ours), clock=CLOCK)
TOKEN, TICKET = _signed(_ours)
"""They are good, now and for ever: the clock stands still."""
ENDED_TOKEN, ENDED_TICKET = _signed(_ours, ManualClock(CLOCK.now() - dt.timedelta(days=1)))
STRANGE_TOKEN, STRANGE_TICKET = _signed(make_secrets())
"""Those were good yesterday, and these somebody else has signed."""


def part_of(token: str, part: int) -> bytes:
    """Return what is written in a part of a token."""
    text = token.split(".")[part]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def with_part(token: str, part: int, written: bytes) -> str:
    """Return a token with something else written in one of its parts."""
    texts = token.split(".")
    texts[part] = base64.urlsafe_b64encode(written).rstrip(b"=").decode()
    return ".".join(texts)
