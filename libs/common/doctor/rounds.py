"""What is looked at, in which order: what everything stands on, then what stands on it.

Commands come last. Each begins a Python of its own, and on a machine with few cores the answers of
everybody else would be late.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.common import open_files
from libs.common.clock import Clock
from libs.common.doctor import checks
from libs.common.doctor.asking import commands, http, issuer, postgres, redis, streams
from libs.common.doctor.asking.unreachable import Unreachable
from libs.common.doctor.checks import Finding, Verdict
from libs.common.doctor.looks import Look, all_of
from libs.common.doctor.outside import Outside
from libs.common.doctor.rules import databases, keys, machine, migrations, redis as redis_rules
from libs.common.doctor.rules.streams import judge_streams
from libs.common.doctor.settings import SERVICES, UNKNOWN, Deployment
from libs.common.redis_clients import connect_blocking
from libs.common.redis_refusals import DISK, REPLICA

DEFAULT_CONNECTIONS = 10_000
MOST_PARTITIONS = 1024


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What whoever runs the doctor said.

    Attributes:
        outside: the way in; None where no address is known.
        internal: where ``/readyz`` of processes is, by service.
        clock: ours.
    """

    outside: Outside | None
    internal: Mapping[str, str] = field(default_factory=dict)
    clock: Clock


async def look_at(deployment: Deployment, wishes: Wishes) -> list[Finding]:
    """Look at everything that can be looked at from here."""
    found = [*judge_given(deployment, wishes.clock)]
    base = await all_of(
        [
            *_database_looks(deployment, wishes),
            *_process_looks(deployment, wishes),
            *_issuer_looks(deployment),
        ]
    )
    found += base + await _look_at_redis(deployment, wishes)
    found += await look_outside(wishes.outside)
    reached = {
        finding.about
        for finding in base
        if finding.check is checks.DATABASE and finding.verdict is Verdict.OK
    }
    found += await _look_at_migrations(deployment, reached)
    return in_order(found)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order in which they are told."""
    place = {check: number for number, check in enumerate(checks.CHECKS)}
    return sorted(findings, key=lambda finding: place[finding.check])


def judge_given(deployment: Deployment, clock: Clock) -> Iterable[Finding]:
    """Judge what can be judged without asking anybody."""
    given = deployment.given
    for variable, problem in deployment.problems:
        yield checks.OF_SETTINGS.wrong(
            "",
            f"{variable} {problem}.",
            "Mend it; where it is a file, see its mount and its rights.",
        )
    yield from keys.judge_tokens(deployment.signing_key, deployment.verify_keys, clock=clock)
    yield keys.judge_secret(given.secret_key)
    open_files.raise_limit()  # as a service does at its start
    yield machine.judge_files(
        connections=deployment.number("connections", DEFAULT_CONNECTIONS),
        files=open_files.limit(),
    )


def _database_looks(deployment: Deployment, wishes: Wishes) -> Iterable[Look]:
    def look(service: str, url: str) -> Look:
        async def ask() -> Iterable[Finding]:
            try:
                facts = await postgres.ask_database(service, url, clock=wishes.clock)
            except Unreachable as error:
                return [databases.judge_unreachable(service, error.kind)]
            return databases.judge_database(facts)

        return Look(checks.DATABASE, service, ask)

    if not deployment.databases:
        yield _missing(checks.DATABASE, "DATABASE_URL")
    for service, url in deployment.databases.items():
        yield look(service, url)


def _missing(check: checks.Check, variable: str) -> Look:
    async def tell() -> Iterable[Finding]:
        return [
            check.wrong(
                "",
                f"{variable} is not given.",
                "Run the doctor with the settings of a service: beside one, in the same image.",
            )
        ]

    return Look(check, "", tell)


async def _look_at_redis(deployment: Deployment, wishes: Wishes) -> list[Finding]:
    url = deployment.given.redis_url
    if not url:
        return await all_of([_missing(checks.REDIS, "REDIS_URL")])
    try:
        user, client = redis.user_of(url), connect_blocking(url)
    except (Unreachable, ValueError, RedisError):
        return [redis_rules.judge_unreachable("url")]
    try:
        known: list[redis_rules.RedisFacts] = []
        found = await all_of([_redis_look(client, user, wishes.clock, tell=known.append)])
        for facts in known:
            can_be_read = facts.refuses not in {DISK, REPLICA}
            found += await all_of([_streams_look(client, deployment, can_be_read=can_be_read)])
    finally:
        await client.aclose()
    return found


def _redis_look(
    client: Redis, user: str, clock: Clock, *, tell: Callable[[redis_rules.RedisFacts], None]
) -> Look:
    async def ask() -> Iterable[Finding]:
        try:
            facts = await redis.ask_redis(client, user=user, clock=clock)
        except Unreachable as error:
            return [redis_rules.judge_unreachable(error.kind)]
        tell(facts)
        return redis_rules.judge_redis(facts)

    return Look(checks.REDIS, "", ask)


def _streams_look(client: Redis, deployment: Deployment, *, can_be_read: bool) -> Look:
    async def ask() -> Iterable[Finding]:
        partitions = min(MOST_PARTITIONS, deployment.number("stream_partitions", 1))
        facts = await streams.ask_streams(client, partitions=partitions)
        return judge_streams(facts, can_be_read=can_be_read)

    return Look(checks.STREAMS_GROUPS, "", ask)


def _process_looks(deployment: Deployment, wishes: Wishes) -> Iterable[Look]:
    def look(service: str, url: str, *, told: bool) -> Look:
        async def ask() -> Iterable[Finding]:
            status, reasons = await _readiness(url)
            return [machine.judge_process(service, status=status, reasons=reasons, told=told)]

        return Look(checks.PROCESSES, service, ask)

    for service, url in wishes.internal.items():
        yield look(service, url, told=True)
    port = deployment.number("internal_port", 0)
    if port and not wishes.internal:
        yield look(deployment.service or "", f"http://127.0.0.1:{port}", told=False)


def _issuer_looks(deployment: Deployment) -> Iterable[Look]:
    url = deployment.given.external_jwks_url
    if not url:
        return

    async def ask() -> Iterable[Finding]:
        problem, found = await issuer.ask_issuer(url)
        return [keys.judge_issuer(problem, keys=found)]

    yield Look(checks.KEYS_ISSUER, "chat", ask)


async def _readiness(url: str) -> tuple[int | None, list[str]]:
    try:
        answer = await http.ask(http.place_of(url), "/readyz")
    except Unreachable:
        return None, []
    try:
        reasons = json.loads(answer.body)["reasons"]
    except (ValueError, KeyError, TypeError):
        reasons = {}
    return answer.status, [name for name in reasons if name.replace("_", "").isalnum()]


async def look_outside(outside: Outside | None) -> list[Finding]:
    """Look at the way in alone: what those behind it stand on need not be known here."""
    if outside is None:
        return [
            checks.WAY_IN.look(
                "", "No address is known.", "Say where people come in: --url https://…"
            )
        ]
    found = await all_of([outside.first_look()])
    if all(finding.verdict is Verdict.OK for finding in found):
        found += await all_of([*outside.looks()])
    return in_order(found)


async def _look_at_migrations(deployment: Deployment, reached: set[str]) -> list[Finding]:
    verdicts: dict[str, list[Finding]] = {}

    def look(service: str) -> Look:
        async def ask() -> Iterable[Finding]:
            environment = deployment.environment_of(service)
            facts = await commands.check_migrations(service, environment)
            facts = replace(facts, is_reached=service in reached)
            verdicts[service] = [*migrations.judge_command(facts)]
            return verdicts[service]

        return Look(checks.DATABASE_MIGRATIONS, service, ask, within_s=commands.WITHIN_S + 1)

    known = [service for service in deployment.databases if service in SERVICES]
    found: list[Finding] = []
    for service in known:  # one by one: several would starve each other, and a small container
        found += await all_of([look(service)])
    if UNKNOWN in deployment.databases:
        found.append(
            checks.DATABASE_MIGRATIONS.look(
                UNKNOWN, "Nothing says whose database this is.", "Say it: --service chat, …"
            )
        )
    if "queue" in known:
        found.append(_judge_web_push(deployment, verdicts.get("queue")))
    return found


def _judge_web_push(deployment: Deployment, of_queue: list[Finding] | None) -> Finding:
    about_settings = [each for each in of_queue or () if each.check is checks.OF_SETTINGS]
    usable = not any("VAPID" in each.seen for each in about_settings) if about_settings else None
    return keys.judge_web_push(given=bool(deployment.given.vapid_private_key), usable=usable)
