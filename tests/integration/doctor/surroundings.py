"""Looking at a part of a deployment from inside the test."""

from libs.common.clock import SystemClock
from libs.common.doctor.checks import Finding, Verdict
from libs.common.doctor.outside import Outside
from libs.common.doctor.rounds import Wishes, look_at
from libs.common.doctor.settings import Deployment


async def look(
    environ: dict[str, str], *, service: str | None = None, outside: Outside | None = None
) -> list[Finding]:
    """Look with the variables of an environment, and nothing else."""
    wishes = Wishes(outside=outside, clock=SystemClock())
    return await look_at(Deployment(environ, service=service), wishes)


def the(findings: list[Finding], check: str, *, about: str | None = None) -> Finding:
    """Return the one finding of a check, of somebody where several have one."""
    (found,) = [
        finding
        for finding in findings
        if finding.check.name == check and about in {None, finding.about}
    ]
    return found


def bad(findings: list[Finding], *beginnings: str) -> set[str]:
    """Return the names of checks below these beginnings that are not as they should be."""
    return {
        finding.check.name
        for finding in findings
        if finding.check.name.startswith(beginnings) and finding.verdict is not Verdict.OK
    }
