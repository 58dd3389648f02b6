"""``python -m dev.k8s``, as `make k8s-check`: renders every variant and lets others judge it."""

import sys

from dev.errors import CannotStart
from dev.k8s.judges import VERSIONS, judged_by_checkov, judged_by_schemas, own
from dev.k8s.rendering import render_all
from dev.verbs import say

FAILED = 1


def main() -> int:
    """Judge all; return the exit status."""
    try:
        rendered = render_all()
    except CannotStart as error:
        say(str(error))
        return FAILED
    for each in rendered:
        say(f"rendered    {each.variant.name}: {len(each.manifests)} objects")
    manifests = own(rendered)
    wrong = judged_by_schemas(manifests)
    say(f"schemas     {len(manifests)} objects, Kubernetes {VERSIONS[0]} to {VERSIONS[-1]}")
    for each in rendered:
        wrong += [f"{each.variant.name}: {line}" for line in judged_by_checkov(each)]
    say(f"checkov     {len(rendered)} variants")
    for line in wrong:
        say(f"  {line}")
    say("FAILED" if wrong else "ok")
    return FAILED if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
