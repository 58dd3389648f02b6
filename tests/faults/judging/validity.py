"""Whether a run has shown anything: enough was done, and what should break did."""

from collections.abc import Iterator, Mapping, Sequence

from tests.faults.judging.history import Acked, History, Received


class Invalid(AssertionError):
    """A run that proves nothing."""


def check(
    history: History, *, least_acks: int, least_receptions: int, faults: Mapping[str, int | bool]
) -> None:
    """Return where a run is valid.

    Args:
        history: what the clients noted.
        least_acks: so many messages must have been acknowledged.
        least_receptions: so often must one have been received.
        faults: by name, what of each was seen to happen: a fault without effect did not fire.

    Raises:
        Invalid: it is not; says why.
    """
    reasons = [
        *_too_few(history.of(Acked), least_acks, "acknowledgements"),
        *_too_few(history.of(Received), least_receptions, "receptions"),
        *(f"{name} did not fire" for name, effect in faults.items() if not effect),
    ]
    if reasons:
        raise Invalid("; ".join(reasons))


def _too_few(notes: Sequence[object], least: int, what: str) -> Iterator[str]:
    if len(notes) < least:
        yield f"only {len(notes)} {what}, not {least}"
