"""``/api/presence/admin/``: staff looks at people as they were written, and at breakers."""

import uuid

import pytest

from tests.admin_pages import changeable
from tests.faults.postgres import no_connections
from tests.integration.admin_visit import FORBIDDEN, Visit, visiting
from tests.integration.lonely import lonely_process
from tests.integration.own_database import make_migrated

LIST = "presence/userstatus/"


async def test_staff_finds_people_by_their_id_and_changes_none(world, staff):
    ann, bob = (str(uuid.uuid4()) for _ in range(2))
    for user in (ann, bob):
        world.rows_of(
            "presence",
            "insert into user_status (user_id, is_online, active_connections, changed_ms)"
            " values (%s, false, 0, 1)",
            user,
        )

    listed = await staff.shown(f"{LIST}?q={ann}")
    nothing = await staff.shown(f"{LIST}?q=no-such-id")
    one = await staff.shown(f"{LIST}{ann}/change/")
    refused = [await staff.http.get(f"{LIST}{path}") for path in ("add/", f"{ann}/delete/")]

    assert ann in listed
    assert bob not in listed
    assert ann not in nothing
    assert changeable(one) == []
    assert [each.status_code for each in refused] == [FORBIDDEN] * 2


@pytest.mark.parametrize("path", ["", LIST, "breakers/"])
async def test_whoever_is_not_staff_is_told_so(world, path):
    async with visiting(world, "presence", world.person()) as http:
        refused = await http.get(path)

    assert refused.status_code == FORBIDDEN


async def test_the_index_leads_to_the_breakers_which_are_closed(staff):
    index = await staff.shown()
    shown = await staff.breakers()

    assert 'href="/api/presence/admin/breakers/"' in index
    assert set(shown) == {"postgres", "redis-presence", "redis-publish"}
    assert all(each.while_open for each in shown.values())


async def test_each_page_leads_to_the_admins_of_all_services(staff):
    pages = [await staff.shown(path) for path in ("", LIST, "breakers/")]

    for service in ("chat", "presence", "queue", "receipts"):
        assert all(f'href="/api/{service}/admin/"' in page for page in pages)


async def test_a_breaker_is_seen_to_open_and_to_close_again(world, chief):
    own_database = make_migrated("presence", world.suite.state.database_admin_url)
    with lonely_process(world, "presence", database_url=own_database) as url:
        async with visiting(world, "presence", chief, url=url) as http:
            visit, ask = Visit(http), f"{url}/api/presence/me"
            before = (await visit.breakers())["postgres"]
            with no_connections(own_database):
                away = await visit.until_breaker("postgres", shows="open", ask=ask)
                process = await visit.shown("breakers/")
            back = await visit.until_breaker("postgres", shows="closed", ask=ask)

    assert (before.state, before.transitions) == ("closed", [])
    assert away.transitions[0] == "open"
    assert 0 <= float(away.seconds) <= 0.5
    assert list(back.transitions[:2]) == ["closed", "half-open"]
    assert back.transitions[-1] == "open"
    assert f":{url.rsplit(':', 1)[1]}</strong>" in process
