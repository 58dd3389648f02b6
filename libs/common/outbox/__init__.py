"""From a table of news to the streams: at once from memory, and what is left over by a relay.

A service writes what happened and a row about it in one transaction. The models and what a row
means are the service's own.
"""

from libs.common.outbox.announcer import Announcer
from libs.common.outbox.relay import LEFT_OVER_AFTER, Publish, Relay

__all__ = ["LEFT_OVER_AFTER", "Announcer", "Publish", "Relay"]
