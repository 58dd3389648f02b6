"""Messages that chat could not take: kept, submitted in order, and settled by what chat says."""

from services.queue.actions.outgoing.dead_letters import discard_dead_letters, replay_dead_letters
from services.queue.actions.outgoing.queueing import WAITING, Wish, queue_outgoing_message
from services.queue.actions.outgoing.settling import settle
from services.queue.actions.outgoing.submitting import put_back, submit_all_again, take_due

__all__ = [
    "WAITING",
    "Wish",
    "discard_dead_letters",
    "put_back",
    "queue_outgoing_message",
    "replay_dead_letters",
    "settle",
    "submit_all_again",
    "take_due",
]
