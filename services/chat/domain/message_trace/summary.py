"""Why a message has one tick, or two: in a sentence or two."""

from collections.abc import Sequence

from services.chat.domain.message_trace.facts import MessageFacts
from services.chat.domain.message_trace.recipients import Recipient
from services.chat.domain.message_trace.stages import Stage, tick_of

NAMED = 3
"""Most people whom it names."""
SERVICES_OWN = {"announced", "counted"}
"""Stages that are the services' business, and not people's."""


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
    unnoted = [each for each in recipients if each.status != "sent" and not each.is_noted]
    names = ", ".join(each.username for each in behind[:NAMED])
    more = ", …" if len(behind) > NAMED else ""
    left = facts.recipients - facts.delivered
    verb = "has" if left == 1 else "have"
    known = f" ({names}{more})" if names else ", as far as chat knows"
    told = f"One tick: {left} of {facts.recipients} {verb} not received it{known}."
    held_up = _held_up(stages)
    if held_up is not None:
        return [told, held_up.words]
    first = next(iter([*behind, *unnoted]), None)
    return [told, "None of them is on this page." if first is None else first.words]


def _held_up(stages: Sequence[Stage]) -> Stage | None:
    """Return the stage at which a service has it, if one does; else one of which that is not known."""
    ours = [each for each in stages if each.stage in SERVICES_OWN and each.state != "done"]
    waits = [each for each in ours if each.state == "waits"]
    # Who has counted it has been told of it, whatever became of the entry since.
    counted = any(each.stage == "counted" and each.state == "done" for each in stages)
    return next(iter(waits or ([] if counted else ours)), None)
