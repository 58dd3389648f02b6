"""Facts of a deployment in which all is well, to break one of."""

from dataclasses import replace
from typing import Any

from libs.common.doctor.checks import Finding, Verdict
from libs.common.doctor.rules.databases import DatabaseFacts
from libs.common.doctor.rules.redis import RedisFacts
from libs.common.doctor.rules.streams import GROUPS_OF, GroupFacts, StreamFacts

DATABASE = DatabaseFacts(
    service="chat",
    version=180_001,
    is_standby=False,
    synchronous_commit="on",
    fsync="on",
    full_page_writes="on",
    connections=40,
    places=197,
    oldest_transaction_s=0.0,
    ahead_s=0.01,
    best_ms=0.4,
)
REDIS = RedisFacts(
    variant="Valkey",
    version="9.1.2",
    mode="standalone",
    is_replica=False,
    replicas=0,
    refuses=None,
    appends=True,
    writes_well=True,
    eviction="noeviction",
    used_bytes=100,
    max_bytes=1000,
    user="parley",
    refused=(),
    ahead_s=-0.01,
    best_ms=0.2,
)


def group(stream: str, name: str, **changed: Any) -> GroupFacts:
    healthy = GroupFacts(
        stream=stream, name=name, lag=0, consumers=1, silent_ms=500, stuck=0, dead_letters=0
    )
    return replace(healthy, **changed)


def streams(**changed: Any) -> list[StreamFacts]:
    """Return all streams; ``chat_rooms`` and the like are facts of the first group of one."""
    found = []
    for name, groups in GROUPS_OF.items():
        key = f"{name}:{{0}}"
        own = changed.get(name.replace(".", "_"), {})
        facts = [group(key, each, **(own if each == groups[0] else {})) for each in groups]
        found.append(StreamFacts(key=key, name=name, length=10, groups=facts))
    return found


def worse(findings: list[Finding]) -> list[tuple[str, Verdict]]:
    """Return what is not as it should be, by name."""
    return [
        (finding.check.name, finding.verdict)
        for finding in findings
        if finding.verdict is not Verdict.OK
    ]
