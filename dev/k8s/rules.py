"""``python -m dev.k8s.rules``: Prometheus' rules as the objects that its operator takes.

`make fix` writes them, because kustomize can put a file into a ConfigMap, and nowhere else.
"""

import sys
from textwrap import indent

from dev.settings import ROOT

SOURCE = ROOT / "monitoring" / "prometheus" / "rules"
WRITTEN = ROOT / "k8s" / "components" / "monitoring" / "rules.yaml"
HEAD = "# Written by `make fix` from monitoring/prometheus/rules. Change those.\n"
RULE = """\
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: parley-{name}
spec:
{spec}"""


def text() -> str:
    """Return what stands in the component's file."""
    files = sorted(SOURCE.glob("*.yml"))
    return HEAD + "".join(
        RULE.format(name=file.stem, spec=indent(file.read_text(encoding="utf-8"), "  "))
        for file in files
    )


def main() -> int:
    """Write it; return the exit status."""
    WRITTEN.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
