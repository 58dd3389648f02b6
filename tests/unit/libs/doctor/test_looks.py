import asyncio

from libs.common.doctor import checks
from libs.common.doctor.checks import Verdict
from libs.common.doctor.looks import Look, all_of


async def fine():
    return [checks.REDIS.ok("", "It answers.")]


async def hanging():
    await asyncio.Event().wait()
    return []


async def broken():
    raise LookupError("a secret")


async def test_one_that_hangs_and_one_that_fails_are_told_beside_the_others():
    found = await all_of(
        [
            Look(checks.DATABASE, "chat", hanging, within_s=0.05),
            Look(checks.DATABASE, "queue", broken),
            Look(checks.REDIS, "", fine),
        ]
    )

    assert [(each.about, each.verdict) for each in found] == [
        ("chat", Verdict.WRONG),
        ("queue", Verdict.LOOK),
        ("", Verdict.OK),
    ]
    assert "within 0.05 s" in found[0].seen
    assert "a secret" not in found[1].seen
