"""What the tools said becomes a verdict: what nobody could judge is never good."""

import json

import pytest

from dev.audit import Audited, Verdict, judge_npm, judge_python, worst

GOOD = {"name": "django", "version": "5.2.9", "vulns": []}
BAD = {
    "name": "h11",
    "version": "0.15.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["0.16.0"], "aliases": [], "description": ""}],
}
UNMENDED = {
    "name": "h12",
    "version": "1",
    "vulns": [{"id": "PYSEC-2026-2", "fix_versions": [], "aliases": [], "description": ""}],
}
SKIPPED = {"name": "redis", "skip_reason": "Dependency not found on PyPI and could not be audited"}
REFUSED = {"message": "405 Method Not Allowed - POST https://registry/advisories", "error": {}}


def pip_audit(*packages):
    return json.dumps({"dependencies": packages, "fixes": []})


def npm(**found):
    flaws = {name: {"severity": severity, "range": "<2"} for name, severity in found.items()}
    return json.dumps({"auditReportVersion": 2, "vulnerabilities": flaws, "metadata": {}})


@pytest.mark.parametrize(
    ("packages", "verdict", "lines"),
    [
        ([GOOD], Verdict.CLEAN, []),
        ([GOOD, BAD], Verdict.FOUND, ["h11 0.15.0: PYSEC-2026-1, mended in 0.16.0"]),
        ([UNMENDED], Verdict.FOUND, ["h12 1: PYSEC-2026-2"]),
        (
            [GOOD, SKIPPED],
            Verdict.NOT_JUDGED,
            ["1 of 2 packages: the database knows nothing of them"],
        ),
        (
            [SKIPPED, BAD],
            Verdict.FOUND,
            [
                "h11 0.15.0: PYSEC-2026-1, mended in 0.16.0",
                "1 of 2 packages: the database knows nothing of them",
            ],
        ),
    ],
)
def test_what_pip_audit_says_is_good_only_where_all_was_judged(packages, verdict, lines):
    audited = judge_python(pip_audit(*packages), "No known vulnerabilities found\n")

    assert (audited.verdict, list(audited.lines)) == (verdict, lines)


@pytest.mark.parametrize("output", ["", "null", "[]", "{}", "Traceback"])
def test_a_pip_audit_that_fails_has_judged_nothing(output):
    audited = judge_python(output, "WARNING: x\nERROR:pip_audit._cli:Could not connect\n")

    assert audited.verdict == Verdict.NOT_JUDGED
    assert audited.lines == ["ERROR:pip_audit._cli:Could not connect"]


def test_what_npm_finds_is_told():
    clean = judge_npm("web client", npm(), "")
    found = judge_npm("web client", npm(vite="high", acorn="low"), "")

    assert (clean.verdict, clean.lines) == (Verdict.CLEAN, [])
    assert (found.verdict, found.lines) == (Verdict.FOUND, ["acorn <2: low", "vite <2: high"])


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (json.dumps(REFUSED), REFUSED["message"]),
        ("", "npm error code ENOTFOUND"),
        ("{}", "npm error code ENOTFOUND"),
    ],
)
def test_a_registry_without_a_database_has_judged_nothing(output, line):
    audited = judge_npm("web client", output, "npm warn x\nnpm error code ENOTFOUND\n")

    assert (audited.verdict, audited.lines) == (Verdict.NOT_JUDGED, [line])


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([Verdict.CLEAN, Verdict.CLEAN], 0),
        ([Verdict.CLEAN, Verdict.NOT_JUDGED], 69),
        ([Verdict.NOT_JUDGED, Verdict.FOUND], 1),
        ([Verdict.FOUND, Verdict.CLEAN], 1),
    ],
)
def test_what_was_found_comes_before_what_was_not_judged(verdicts, status):
    assert worst([Audited(name="x", verdict=verdict) for verdict in verdicts]) == status
