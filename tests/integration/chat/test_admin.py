"""``/api/chat/admin/``: staff looks at people, rooms and sign-ins, as themselves; and at breakers."""

import re

import pytest

from tests.admin_pages import changeable
from tests.integration.admin_visit import FORBIDDEN, Visit, visiting
from tests.integration.lonely import lonely_process
from tests.integration.waiting import until
from tests.pictures import painted, written

SECRET = "a very secret thing"
LISTS = ("user", "signin", "room", "member", "avatar")


@pytest.fixture
def ann(world):
    return world.person("Ann")


@pytest.fixture
def room(world, ann):
    room = world.room(ann, name=SECRET)
    world.rows(
        "insert into message (room_id, seq, sender_id, client_id, content, created_at)"
        " values (%s, 1, %s, gen_random_uuid(), %s, now())",
        *(room, ann.id, SECRET),
    )
    world.rows("update room set last_seq = 1 where id = %s", room)
    return room


async def pages_about(staff, ann, room):
    found = {
        "user": ann.id,
        "signin": ann.sid,
        "room": room,
        "member": (await member_ids(staff, room))[0],
    }
    return [await staff.shown(f"chat/{name}/{key}/change/") for name, key in found.items()]


async def member_ids(staff, room):
    listed = await staff.shown(f"chat/member/?q={room}")
    return [part.partition("/")[0] for part in listed.split("/api/chat/admin/chat/member/")[1:]][
        -1:
    ]


async def test_staff_finds_people_rooms_and_sign_ins(staff, ann, room):
    by_name = [
        await staff.shown(f"chat/{name}/?q={ann.username.upper()}")
        for name in ("user", "signin", "member")
    ]
    by_room = [await staff.shown(f"chat/{name}/?q={room}") for name in ("room", "member")]

    assert all(ann.username in text for text in by_name)
    assert all(room in text for text in by_room)


async def test_nothing_that_people_write_and_no_secret_is_shown(world, staff, ann, room):
    world.rows("update chat_user set password = %s where id = %s", SECRET, ann.id)
    world.rows("update sign_in set session_key = 'secretkey' where id = %s", ann.sid)

    lists = [await staff.shown(f"chat/{name}/") for name in LISTS]
    pages = await pages_about(staff, ann, room)

    texts = lists + pages
    assert all(ann.id in text or ann.username in text or room in text for text in pages)
    assert not any(SECRET in text or "secretkey" in text for text in texts)
    assert [changeable(text) for text in pages] == [[]] * len(pages)


async def test_a_visit_changes_nobody_and_makes_nobody(world, staff, chief, ann):
    who = "select is_staff, is_superuser, last_login from chat_user where id = %s"
    before = world.rows(who, chief.id)

    for path in ("", "chat/user/", f"chat/user/{ann.id}/change/", "breakers/"):
        await staff.shown(path)
    refused = await staff.http.post(f"chat/user/{chief.id}/change/", data={"is_superuser": "on"})

    assert refused.status_code == FORBIDDEN
    assert world.rows(who, chief.id) == before == [(True, False, None)]
    assert world.rows("select 1 from chat_user where username = %s", chief.id) == []


@pytest.mark.parametrize("path", ["", "chat/user/", "breakers/"])
async def test_whoever_is_not_staff_is_told_so(world, ann, path):
    async with visiting(world, "chat", ann) as http:
        refused = await http.get(path)

    assert refused.status_code == FORBIDDEN


@pytest.mark.parametrize(
    "ending",
    [
        "update sign_in set revoked_at = now() where user_id = %s",
        "update chat_user set is_staff = false where id = %s",
        "update chat_user set is_active = false where id = %s",
    ],
    ids=["signed out", "no longer staff", "deactivated"],
)
async def test_who_was_staff_when_the_token_was_made_is_asked_of_the_database(
    world, staff, chief, ending
):
    world.rows(ending, chief.id)

    refused = await staff.http.get("chat/user/")

    assert refused.status_code == FORBIDDEN


async def test_the_browsers_own_session_is_left_alone(world, staff):
    staff.http.cookies.set("parley_session", "abcdefgh12345678")

    answers = [await staff.http.get(path) for path in ("", "chat/user/no-such-id/change/", "")]

    names = [
        each.partition("=")[0] for one in answers for each in one.headers.get_list("Set-Cookie")
    ]
    assert "parley_session" not in names
    assert "parley_chat_admin" in names


async def test_the_breakers_of_a_process_without_its_database_are_seen_to_open(world, chief):
    async with visiting(world, "chat", chief) as http:
        index, shown = await Visit(http).shown(), await Visit(http).breakers()
    with lonely_process(world, "chat") as url:
        async with visiting(world, "chat", chief, url=url) as http:
            visit, ask = Visit(http), f"{url}/api/chat/me"
            away = await visit.until_breaker("postgres", shows="open", ask=ask)

    assert 'href="/api/chat/admin/breakers/"' in index
    assert set(shown) == {
        "postgres",
        "postgres-writer",
        "redis-publish",
        "redis-allowances",
        "redis-signals",
        "external-issuer",
    }
    assert away.transitions[0] == "open"
    assert "503" in away.while_open


async def test_staff_ends_a_sign_in_and_its_socket_is_closed(world, staff, chief, ann):
    async with world.client(ann) as client:
        text = await staff.shown(f"chat/signin/?q={ann.username}")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        assert token is not None
        form = {
            "action": "end",
            "_selected_action": ann.sid,
            "csrfmiddlewaretoken": token[1],
        }
        answer = await staff.http.post("chat/signin/", data=form, follow_redirects=True)
        await until(lambda: client.close_code is not None, what="the socket to be closed")

    assert "Sign-ins that were ended: 1." in answer.text
    assert client.close_code == 4001
    noted = "select action, actor_id::text, details from audit_entry where sid = %s"
    assert world.rows(noted, ann.sid) == [("session_ended", chief.id, {"why": "by staff"})]


# Pictures --------------------------------------------------------------------------------------


async def with_picture(world, person):
    """Give somebody a picture; return its version."""
    async with world.http(person) as http:
        answer = await http.put("/me/avatar", content=written(painted()))
    return answer.json()["user"]["avatar"]


async def removed(staff, person, path="chat/avatar/"):
    """Choose the picture of somebody and have it removed; return the answer."""
    text = await staff.shown(f"{path}?q={person.username}")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
    assert token is not None
    form = {
        "action": "remove",
        "_selected_action": person.id,
        "csrfmiddlewaretoken": token[1],
    }
    return await staff.http.post(path, data=form, follow_redirects=True)


async def test_staff_sees_pictures(world, staff, chief, ann):
    version = await with_picture(world, ann)

    listed = await staff.shown(f"chat/avatar/?q={ann.username}")
    page = await staff.shown(f"chat/avatar/{ann.id}/change/")
    async with world.http(chief) as http:
        picture = await http.get(f"/users/{ann.id}/avatar?v={version}")

    source = f'src="/api/chat/users/{ann.id}/avatar?v={version}"'
    assert source in listed
    assert source in page
    assert changeable(page) == []
    assert picture.status_code == 200


async def test_staff_removes_a_picture_and_that_is_noted(world, staff, chief, ann):
    await with_picture(world, ann)

    answer = await removed(staff, ann)
    async with world.http(ann) as http:
        user = (await http.get("/me")).json()["user"]
        gone = await http.get(f"/users/{ann.id}/avatar")

    assert "Pictures that were removed: 1." in answer.text
    assert ("avatar" in user, gone.status_code) == (False, 404)
    noted = world.rows(
        "select actor_id::text, address from audit_entry"
        " where action = 'avatar_removed' and subject_id = %s",
        ann.id,
    )
    assert noted == [(chief.id, "127.0.0.1")]


async def test_of_who_was_deactivated_too(world, staff, ann):
    await with_picture(world, ann)
    world.rows("update chat_user set is_active = false where id = %s", ann.id)

    await removed(staff, ann)

    assert world.rows("select avatar_version from chat_user where id = %s", ann.id) == [("",)]
    assert world.rows("select 1 from avatar where user_id = %s", ann.id) == []


async def test_what_people_do_with_their_own_pictures_is_not_noted(world, ann):
    await with_picture(world, ann)
    async with world.http(ann) as http:
        await http.delete("/me/avatar")

    assert world.rows("select action from audit_entry where subject_id = %s", ann.id) == []
