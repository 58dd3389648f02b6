"""Waiting where processes are killed and servers come back: everything may take long."""

import functools

from tests import waiting

LOOK_S = 0.01
WITHIN_S = 60.0

until = functools.partial(waiting.until, within_s=WITHIN_S)
