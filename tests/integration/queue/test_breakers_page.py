"""``/api/queue/admin/breakers/`` of a process that has lost what it stands on."""

from tests.integration.admin_visit import Visit, visiting
from tests.integration.lonely import lonely_process


async def test_the_breakers_of_a_process_without_its_database_are_seen_to_open(world):
    chief = world.staff()
    async with visiting(world, "queue", chief) as http:
        index, shown = await Visit(http).shown(), await Visit(http).breakers()
    with lonely_process(world, "queue") as url:
        async with visiting(world, "queue", chief, url=url) as http:
            visit, ask = Visit(http), f"{url}/api/queue/status"
            away = await visit.until_breaker("postgres", shows="open", ask=ask)

    assert 'href="/api/queue/admin/breakers/"' in index
    assert {name for name in shown if not name.startswith("web-push:")} == {
        "postgres",
        "postgres-web-push",
        "redis-publish",
    }
    assert away.transitions[0] == "open"
    assert "503" in away.while_open
