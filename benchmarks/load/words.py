"""What messages need besides their words: a client_id each, cheaper than a random one."""

import itertools
import uuid
from collections.abc import Iterator


def client_ids() -> Iterator[str]:
    """Return UUIDs without end: a random part, and numbers that follow."""
    prefix = str(uuid.uuid4())[:24]
    return (f"{prefix}{number:012x}" for number in itertools.count())
