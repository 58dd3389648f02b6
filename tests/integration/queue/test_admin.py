"""``/api/queue/admin/``: staff looks at the queue, and deals with dead letters; nobody else may."""

import functools
import re

import httpx
import pytest

from libs.common.tokens import CSRF_COOKIE
from tests.integration.admin_visit import visiting
from tests.integration.queue.dead import dead_letter, ending_of, known_room
from tests.integration.waiting import until

OK, DONE, FORBIDDEN, NOT_FOUND, WRONG_METHOD = 200, 302, 403, 404, 405
LIST = "queue/queuedmessage/"


def csrf_token(text):
    """Return the token that stands in the form of a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
    assert found is not None
    return found[1]


class Page:
    """A browser at the admin, with the access cookie of somebody or nobody."""

    def __init__(self, http):
        self.http = http

    async def choose(self, action, *numbers, **more):
        """Do something with rows of the list, as its form does."""
        token = csrf_token((await self.http.get(LIST)).text)
        form = {"action": action, "_selected_action": numbers, "csrfmiddlewaretoken": token}
        return await self.http.post(LIST, data=form | more)

    async def shown(self, path=LIST):
        """Return the text of a page."""
        answer = await self.http.get(path)
        assert answer.status_code == OK, answer.text
        return answer.text


@pytest.fixture
def visit(world):
    """Make a browser for somebody."""

    return functools.partial(visiting, world, "queue")


@pytest.fixture
async def staff(visit, chief):
    async with visit(chief) as http:
        yield Page(http)


@pytest.fixture
async def ann(world):
    return world.person()


@pytest.fixture
async def room(world, ann):
    return await known_room(world, ann)


async def test_staff_sees_what_is_queued(world, staff, chief, ann, room):
    number = dead_letter(world, ann, room, "<script>x</script>")

    index = await staff.shown("")
    listed = await staff.shown(f"{LIST}?q={room}")
    one = await staff.shown(f"{LIST}{number}/change/")

    assert "Parley queue" in index
    assert chief.username in index
    assert f">{number}</a>" in listed
    assert "permission_denied: No member." in listed
    assert "&lt;script&gt;x&lt;/script&gt;" in one


async def test_a_dead_letter_is_replayed_by_the_action(world, staff, ann, room):
    number = dead_letter(world, ann, room, "after all")

    answer = await staff.choose("replay", number)
    told = [await staff.shown(), await staff.shown()]
    await until(lambda: ending_of(world, number) == "sent", what="the message to be sent")

    assert answer.status_code == DONE
    assert ["1 of 1 will be sent again." in text for text in told] == [True, False]
    assert [content for _, _, content, _ in world.stored(room)] == ["after all"]


async def test_dead_letters_are_discarded_and_nothing_else_is(world, staff, ann, room):
    numbers = [dead_letter(world, ann, room) for _ in range(3)]
    world.rows_of("queue", "update queued_message set ending = 'sent' where id = %s", numbers[2])

    await staff.choose("discard", *numbers)

    assert "2 of 3 were discarded." in await staff.shown()
    assert [ending_of(world, each) for each in numbers] == ["discarded", "discarded", "sent"]


async def test_it_is_logged_by_whom_what_was_done(world, staff, chief, ann, room):
    number = dead_letter(world, ann, room)

    await staff.choose("discard", number)

    assert world.rows_of(
        "queue",
        "select username, first_name, change_message from django_admin_log"
        " join auth_user on auth_user.id = user_id where object_id = %s",
        str(number),
    ) == [(chief.id, chief.username, "Discarded.")]
    assert "Discarded." in await staff.shown(f"{LIST}{number}/history/")


@pytest.mark.parametrize("action", ["delete_selected", "", "nonsense"])
async def test_there_is_no_other_action(world, staff, ann, room, action):
    number = dead_letter(world, ann, room)

    await staff.choose(action, number, post="yes")

    assert ending_of(world, number) == "failed"


@pytest.mark.parametrize("path", ["add/", "{number}/change/", "{number}/delete/"])
async def test_nobody_adds_changes_or_deletes(world, staff, ann, room, path):
    number = dead_letter(world, ann, room)
    token = csrf_token(await staff.shown())
    form = {"csrfmiddlewaretoken": token, "content": "changed", "post": "yes"}

    refused = await staff.http.post(LIST + path.format(number=number), data=form)

    assert refused.status_code == FORBIDDEN
    assert world.rows_of(
        "queue", "select content, ending from queued_message where id = %s", number
    ) == [("refused", "failed")]


async def test_the_form_needs_its_csrf_token(world, visit, chief, ann, room):
    number = dead_letter(world, ann, room)
    form = {"action": "discard", "_selected_action": [number]}
    async with visit(chief) as http:
        await http.get(LIST)
        cookie = http.cookies[CSRF_COOKIE]
        refused = [
            await http.post(LIST, data=form),
            await http.post(LIST, data=form | {"csrfmiddlewaretoken": "x" * 64}),
            await http.post(
                LIST,
                data=form | {"csrfmiddlewaretoken": cookie},
                headers={"Origin": "http://evil.example"},
            ),
        ]

    assert [each.status_code for each in refused] == [FORBIDDEN] * 3
    assert ending_of(world, number) == "failed"


@pytest.mark.parametrize(
    "path", ["", LIST, f"{LIST}1/change/", "jsi18n/", "breakers/", "no/such/page/"]
)
@pytest.mark.parametrize("who", ["nobody", "a member", "a bad token"])
async def test_whoever_is_not_staff_is_told_so(world, visit, ann, who, path):
    async with visit(None if who == "nobody" else ann) as http:
        if who == "a bad token":
            http.headers["Authorization"] = "Bearer junk"
        refused = [await http.get(path), await http.post(path, data={"action": "replay"})]

    assert [each.status_code for each in refused] == [FORBIDDEN] * 2
    assert all("sign in on the chat page" in each.text for each in refused)


@pytest.mark.parametrize("path", ["login/", "logout/", "password_change/", "password_change/done/"])
async def test_accounts_are_not_dealt_with_here(visit, staff, path):
    token = csrf_token(await staff.shown())
    form = {"csrfmiddlewaretoken": token, "username": "x", "password": "x"}
    async with visit(None) as nobody:
        outside = [await nobody.get(path), await nobody.post(path, data=form)]
    inside = [await staff.http.get(path), await staff.http.post(path, data=form)]

    assert {each.status_code for each in outside} <= {FORBIDDEN, NOT_FOUND}
    assert [each.status_code for each in inside] == [NOT_FOUND] * 2


async def test_no_page_leads_to_accounts(staff):
    pages = [await staff.shown(path) for path in ("", LIST)]

    assert not any(word in page for page in pages for word in ("logout", "password"))


async def test_everything_that_a_page_wants_is_there(staff):
    found = {
        link
        for path in ("", LIST)
        for link in re.findall(
            r'(?:href|src)="(/api/[^"]+\.(?:css|js|svg))"', await staff.shown(path)
        )
    }
    answers = {
        link: (await staff.http.get(httpx.URL(staff.http.base_url).join(link))) for link in found
    }

    assert len(found) > 3
    assert {each.status_code for each in answers.values()} == {OK}


async def test_its_cookies_are_for_its_own_pages(visit, chief, world, ann, room):
    number = dead_letter(world, ann, room)
    async with visit(chief) as http:
        page = Page(http)
        answer = await page.choose("discard", number)
        cookies = answer.headers.get_list("Set-Cookie")

    own = [each for each in cookies if not each.startswith(CSRF_COOKIE)]
    assert own
    assert all("Path=/api/queue/admin/" in each for each in own)
    assert all("HttpOnly" in each and "SameSite=Lax" in each for each in own)
