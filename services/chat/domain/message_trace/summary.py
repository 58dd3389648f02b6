"""Why a message has one tick, or two: in a sentence or two."""

from collections.abc import Sequence

from services.chat.domain.message_trace.facts import MessageFacts
from services.chat.domain.message_trace.recipients import Recipient
from services.chat.domain.message_trace.stages import Stage, tick_of

NAMED = 3
"""Most people whom it names."""


def summary_of(
    facts: MessageFacts, stages: Sequence[Stage], recipients: Sequence[Recipient]
) -> str:
    """Say why a message has the ticks that it has.

    Args:
        facts: what chat knows of it.
        stages: those of ``stages_of``.
        recipients: some of them; others may be behind, too.
    """
    if not facts.recipients:
        return "One tick: there is nobody else whom it is for."
    match tick_of(facts):
        case "read":
            return "Two blue ticks: everybody has read it."
        case "delivered":
            read = f"{facts.read} of {facts.recipients}"
            return f"Two ticks: everybody has received it, and {read} read it."
        case _:
            return " ".join(_why_sent(facts, stages, recipients))


def _why_sent(
    facts: MessageFacts, stages: Sequence[Stage], recipients: Sequence[Recipient]
) -> list[str]:
    behind = [each for each in recipients if each.status == "sent"]
    names = ", ".join(each.username for each in behind[:NAMED])
    more = ", …" if len(behind) > NAMED else ""
    left = facts.recipients - facts.delivered
    verb = "has" if left == 1 else "have"
    known = f" ({names}{more})" if names else ", as far as chat knows"
    told = [f"One tick: {left} of {facts.recipients} {verb} not received it{known}."]
    own = {"delivered", "read"}
    held_up = [each.words for each in stages if each.state != "done" and each.stage not in own]
    if held_up:
        told.append(held_up[0])
    elif len(behind) == 1:
        told.append(behind[0].words)
    elif not behind and recipients:
        told.append(recipients[0].words)
    return told
