"""`make audit`: asks whether anything that the locks pin is known to be vulnerable.

pip-audit judges requirements/*.lock, npm the locks of its own. Both ask a database on the network, and
pip-audit counts what it could not ask about as good: so here nothing is good that was not judged.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from dev import web
from dev.bootstrap import AUDIT, LOCKS
from dev.settings import ROOT, environment
from dev.verbs import say


class Verdict(IntEnum):
    """How an audit ended; the number is the exit status of the command."""

    CLEAN = 0
    FOUND = 1
    NOT_JUDGED = 69
    """EX_UNAVAILABLE. Source: sysexits.h."""


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What one tool said.

    Attributes:
        lines: what was found, or what was not judged, for people.
    """

    name: str
    verdict: Verdict
    lines: Sequence[str] = ()


def audit() -> int:
    """Audit every lock and tell; return the exit status."""
    results = [
        audit_python(LOCKS),
        audit_npm("web client", web.WEB),
        audit_npm("Socket.IO", web.SOCKETIO),
        audit_npm("schemas of k8s", web.MODELS),
        audit_npm("diagrams", web.DIAGRAMS),
    ]
    for result in results:
        say(f"{result.verdict.name.lower().replace('_', ' '):<11} {result.name}")
        for line in result.lines:
            say(f"  {line}")
    return worst(results)


def worst(results: Sequence[Audited]) -> int:
    """Return the exit status of all together: what was found comes before what was not judged."""
    verdicts = {result.verdict for result in results}
    if Verdict.FOUND in verdicts:
        return Verdict.FOUND
    return Verdict.NOT_JUDGED if Verdict.NOT_JUDGED in verdicts else Verdict.CLEAN


def audit_python(locks: Path) -> Audited:
    """Ask pip-audit about every lock in a folder."""
    wanted = [
        part for path in sorted(locks.glob("*.lock")) for part in ("--requirement", str(path))
    ]
    options = ("--disable-pip", "--require-hashes", "--format=json", "--progress-spinner=off")
    command = [sys.executable, "-m", "pip_audit", *options, *wanted]
    return judge_python(*run(command, ROOT, {**environment(), "PYTHONPATH": str(AUDIT)}))


def audit_npm(name: str, folder: Path) -> Audited:
    """Ask npm about the lock of a folder."""
    command = ["npm", "audit", "--json", "--package-lock-only"]
    return judge_npm(name, *run(command, folder, web.npm_environment()))


def judge_python(output: str, complaint: str) -> Audited:
    """Read what pip-audit wrote: JSON, unless it could not work at all."""
    answer = _json(output)
    if not isinstance(answer.get("dependencies"), list):
        return Audited(name="Python", verdict=Verdict.NOT_JUDGED, lines=_last_line(complaint))
    packages = answer["dependencies"]
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}{_mended(flaw['fix_versions'])}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]
    skipped = sum("skip_reason" in package for package in packages)
    unknown = [f"{skipped} of {len(packages)} packages: the database knows nothing of them"]
    lines = found + unknown if skipped else found
    return Audited(name="Python", verdict=_verdict(found, is_whole=not skipped), lines=lines)


def judge_npm(name: str, output: str, complaint: str) -> Audited:
    """Read what npm wrote: JSON, also where the registry did not answer."""
    answer = _json(output)
    if not isinstance(answer.get("vulnerabilities"), dict):
        said = [str(answer["message"])] if "message" in answer else _last_line(complaint)
        return Audited(name=name, verdict=Verdict.NOT_JUDGED, lines=said)
    found = [
        f"{package} {flaw['range']}: {flaw['severity']}"
        for package, flaw in sorted(answer["vulnerabilities"].items())
    ]
    return Audited(name=name, verdict=_verdict(found, is_whole=True), lines=found)


def run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[str, str]:
    """Run a tool whose exit status says less than its output; return output and complaints."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


def _verdict(found: Sequence[str], *, is_whole: bool) -> Verdict:
    if found:
        return Verdict.FOUND
    return Verdict.CLEAN if is_whole else Verdict.NOT_JUDGED


def _json(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _last_line(complaint: str) -> list[str]:
    return complaint.strip().splitlines()[-1:] or ["no answer"]


def _mended(versions: Sequence[str]) -> str:
    return f", mended in {', '.join(versions)}" if versions else ""
