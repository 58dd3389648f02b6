"""Waiting for what real processes do."""

import functools

from tests import waiting

WITHIN_S = 60.0
"""A repair, and who takes over from one that was killed, included."""

until = functools.partial(waiting.until, within_s=WITHIN_S)
