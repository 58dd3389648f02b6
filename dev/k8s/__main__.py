"""``python -m dev.k8s``, as `make k8s-check`: renders every variant and lets others judge it."""

import sys
from collections.abc import Iterator

from dev.errors import CannotStart
from dev.k8s.judges import (
    VERSIONS,
    judged_by_checkov,
    judged_by_schemas,
    judged_by_types,
    once,
)
from dev.k8s.rendering import render_all
from dev.verbs import say

FAILED = 1


def main() -> int:
    """Judge all; return the exit status."""
    try:
        wrong = list(judged())
    except CannotStart as error:
        say(str(error))
        return FAILED
    for line in wrong:
        say(f"  {line}")
    say("FAILED" if wrong else "ok")
    return FAILED if wrong else 0


def judged() -> Iterator[str]:
    """Yield everything that is wrong, and tell what is looked at.

    Raises:
        CannotStart: a tool is missing, or something cannot be rendered.
    """
    rendered = render_all()
    for each in rendered:
        say(f"rendered  {each.variant.name}: {len(each.manifests)} objects")
    own, others = once(rendered, of_operators=False), once(rendered, of_operators=True)
    say(f"schemas   {len(own)} objects, of Kubernetes {VERSIONS[0]} to {VERSIONS[-1]}")
    yield from judged_by_schemas(own)
    say(f"types     {len(others)} objects that operators bring")
    yield from judged_by_types(others)
    for overlay in sorted({each.variant.overlay for each in rendered}):
        alike = [each for each in rendered if each.variant.overlay == overlay]
        manifests = once(alike, of_operators=False)
        say(f"checkov   {len(manifests)} objects of {overlay}")
        yield from (f"{overlay}: {line}" for line in judged_by_checkov(overlay, manifests))


if __name__ == "__main__":
    sys.exit(main())
