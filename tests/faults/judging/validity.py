"""Whether a run has shown anything: enough was done, and what should break did."""

from collections.abc import Iterator, Mapping

from tests.faults.judging.history import History


class Invalid(AssertionError):
    """A run that proves nothing."""


def check(
    history: History,
    *,
    least: Mapping[type, int],
    deeds: Mapping[str, int],
    faults: Mapping[str, int],
) -> None:
    """Return where a run is valid.

    Args:
        history: what the clients noted.
        least: of each kind of note so many must be there, or a rule had nothing to judge.
        deeds: how often each of those did what is theirs to do; everybody must have.
        faults: by name, what of each was seen to happen: a fault without effect did not fire.

    Raises:
        Invalid: it is not; says why.
    """
    reasons = [
        *_too_few(history, least),
        *(f"nobody {deed}" for deed, count in deeds.items() if not count),
        *(f"{name} did not fire" for name, effect in faults.items() if not effect),
    ]
    if reasons:
        raise Invalid("; ".join(reasons))


def _too_few(history: History, least: Mapping[type, int]) -> Iterator[str]:
    for kind, wanted in least.items():
        if (count := len(history.of(kind))) < wanted:
            yield f"only {count} of {kind.__name__}, not {wanted}"
