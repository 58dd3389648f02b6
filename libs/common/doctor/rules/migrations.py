"""What ``migrate --check`` of a service said: of its migrations, and of its settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from libs.common.config import EX_CONFIG
from libs.common.doctor import checks
from libs.common.doctor.checks import Finding

UNUSABLE = "The configuration is not usable:"
PLANNED = re.compile(r"^(\w+\.\d{4}_\w+)$", re.MULTILINE)
SETTING = re.compile(r"^  ([A-Z_]*): (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class CommandFacts:
    """How the command ended.

    Attributes:
        service: whose.
        status: its exit status; None where it did not end in time.
        output: of a plan, the names of migrations.
        errors: of settings, a line each.
        is_reached: whether its database answers us.
    """

    service: str
    status: int | None
    output: str = ""
    errors: str = ""
    is_reached: bool = True


def judge_command(facts: CommandFacts) -> Iterator[Finding]:
    """Judge settings and migrations of a service."""
    if facts.status == EX_CONFIG:
        problems = SETTING.findall(facts.errors.partition(UNUSABLE)[2])
        for name, problem in problems or [("", "they cannot be read.")]:
            yield checks.OF_SETTINGS.wrong(
                facts.service,
                f"{name or 'Together'}: {problem.rstrip('.')}.",
                "Mend it: the service ends with status 78 at its start.",
            )
        return
    yield judge_migrations(facts)
    if facts.status is not None:
        yield checks.OF_SETTINGS.ok(facts.service, "The settings can be used.")


def judge_migrations(facts: CommandFacts) -> Finding:
    """Judge whether every migration of this version is there."""
    check, service = checks.DATABASE_MIGRATIONS, facts.service
    if facts.status == 0:
        return check.ok(service, "Every migration is there.")
    if planned := PLANNED.findall(facts.output):
        return check.wrong(
            service,
            f"{len(planned)} migrations are missing, from {planned[0]} on.",
            f"Run `python -m services.{service} migrate`, or the Job `migrate` again.",
        )
    if not facts.is_reached:
        return check.look(service, "Without the database nobody knows.", "Mend the database first.")
    if facts.status is None:
        return check.look(service, "The command did not end in time.", "Try again.")
    return check.wrong(
        service,
        f"`migrate --check` ended with status {facts.status}.",
        f"Run `python -m services.{service} migrate --check` by hand, and read what it says.",
    )
