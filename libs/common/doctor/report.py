"""What was found, for people and for machines; no secret stands in either."""

import json
from collections.abc import Iterable, Sequence

from libs.common.doctor.checks import Finding, Verdict

WIDTH = max(len(verdict) for verdict in Verdict)
HIDDEN = "[hidden]"
SHORTEST = 4
"""Of a secret: anything shorter would hide half of every sentence."""


def readable(findings: Sequence[Finding]) -> str:
    """Write a line for each finding, and one with what to do; those that say the same are one."""
    lines = []
    for finding, about in _together(findings):
        subject = f"{about}: " if about else ""
        lines.append(
            f"{finding.verdict:<{WIDTH}}  {finding.check.name:<22}  {subject}{finding.seen}"
        )
        if finding.do:
            lines.append(f"{'':<{WIDTH}}  → {finding.do} ({finding.check.page})")
    wrong = sum(finding.verdict is Verdict.WRONG for finding in findings)
    looked = sum(finding.verdict is Verdict.LOOK for finding in findings)
    lines.append(f"\n{len(findings)} looked at: {wrong} wrong, {looked} to look at.")
    return "\n".join(lines) + "\n"


def for_machines(findings: Sequence[Finding]) -> str:
    """Write a JSON object: the verdict of all, and every finding."""
    return (
        json.dumps(
            {
                "verdict": worst(findings),
                "findings": [
                    {
                        "check": finding.check.name,
                        "about": finding.about,
                        "verdict": finding.verdict,
                        "seen": finding.seen,
                        "do": finding.do,
                        "page": finding.check.page,
                    }
                    for finding in findings
                ],
            },
            indent=2,
        )
        + "\n"
    )


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict of all together."""
    there = {finding.verdict for finding in findings}
    return next((each for each in (Verdict.WRONG, Verdict.LOOK) if each in there), Verdict.OK)


def without(text: str, secrets: Iterable[str]) -> str:
    """Hide what may not be told. Findings are made of our own words, so there should be none."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return text


def _together(findings: Iterable[Finding]) -> list[tuple[Finding, str]]:
    same: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        same.setdefault((finding.check.name, finding.verdict, finding.seen), []).append(finding)
    return [
        (group[0], ", ".join(dict.fromkeys(each.about for each in group if each.about)))
        for group in same.values()
    ]
