"""One's picture: sent, kept small, shown to others, told to open pages, and taken away again."""

import asyncio

import pytest

from services.chat.api.studio import PICTURES_AT_ONCE
from services.chat.domain.pictures import KEPT_BYTES, SENT_BYTES, SIDE_PX
from tests.integration.chat.signing_in import browser, manage, new_name
from tests.integration.chat.test_profile import until_told
from tests.pictures import (
    BLUE,
    GREEN,
    RED,
    banded,
    is_like,
    marked,
    oriented,
    painted,
    read,
    written,
)

PNG = {"Content-Type": "image/png"}
FOREVER = "private, max-age=31536000, immutable"
GPS_IN_JPEG = written(marked(), "JPEG", exif=oriented(6), quality=95)


async def sent(http, image=None, **more):
    """Send a picture; return the version under which it is shown."""
    content = written(painted(RED) if image is None else image)
    answer = await http.put("/me/avatar", content=content, headers=PNG, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["user"]["avatar"]


async def shown(http, person, **params):
    return await http.get(f"/users/{person.id}/avatar", params=params)


def kept(world, person):
    """Return the version beside the person, and that of the picture, where there are any."""
    return world.rows(
        "select avatar_version, version from chat_user left join avatar on user_id = id"
        " where id = %s",
        person.id,
    )


# Sending it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_what_was_sent_is_shown_small_to_others_over_another_process(world, kind):
    alice, bob = world.people(2)
    media_type = {"Content-Type": f"image/{kind.lower()}"}

    async with world.http(alice, url=world.chats[0]) as mine:
        before = (await mine.get("/me")).json()
        answer = await mine.put("/me/avatar", content=written(banded(), kind), headers=media_type)
        after = (await mine.get("/me")).json()
        session = (await mine.get("/auth/session")).json()
    async with world.http(bob, url=world.chats[1]) as other:
        found = (await other.get("/users", params={"ids": alice.id})).json()["users"]
        searched = (await other.get("/users", params={"search": alice.username})).json()["users"]
        picture = await shown(other, alice, v=found[0]["avatar"])
    async with world.client(alice) as client:
        welcome = client.welcome

    user = {**before["user"], "avatar": after["user"]["avatar"]}
    assert "avatar" not in before["user"]
    assert (answer.status_code, answer.json()) == (200, {**before, "user": user})
    assert [after["user"], session["user"], welcome["user"]] == [user] * 3
    assert found == searched == [user]
    image = read(picture.content)
    assert (image.format, image.size) == ("WEBP", (SIDE_PX, SIDE_PX))
    assert is_like(image.getpixel((3, 128)), GREEN)
    assert len(picture.content) <= KEPT_BYTES
    assert kept(world, alice) == [(user["avatar"], user["avatar"])]


async def test_it_is_upright_and_nobody_learns_where_it_was_taken(world):
    alice, bob = world.people(2)

    async with world.http(alice) as mine, world.http(bob) as other:
        await mine.put("/me/avatar", content=GPS_IN_JPEG, headers=PNG)
        content = (await shown(other, alice)).content

    assert b"a camera" in GPS_IN_JPEG
    assert b"a camera" not in content
    assert b"EXIF" not in content
    image = read(content)
    assert dict(image.getexif()) == {}
    assert [is_like(image.getpixel((x, 64)), BLUE) for x in (64, 192)] == [False, True]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no whole picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "no whole picture"),
        (b"\x89PNG\r\n\x1a\n<!doctype html><script>1</script>", "no whole picture"),
        (written(painted(), "GIF"), "no whole picture"),
        (written(banded(), "JPEG")[:-200], "no whole picture"),
        (written(painted(0, (6000, 5000), "1")), "pixels"),
    ],
    ids=["empty", "svg", "html", "gif", "truncated", "bomb"],
)
async def test_what_is_no_picture_is_refused_and_the_one_before_stays(world, content, what):
    alice = world.person()

    async with world.http(alice) as http:
        version = await sent(http)
        answer = await http.put("/me/avatar", content=content, headers=PNG)
        now = (await http.get("/me")).json()["user"]["avatar"]

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")
    assert what in answer.json()["errors"]["avatar"][0]
    assert now == version
    assert kept(world, alice) == [(version, version)]


async def in_chunks(length):
    """Give that many bytes without having said how many."""
    while length > 0:
        yield b"x" * min(length, 50_000)
        length -= 50_000


@pytest.mark.parametrize("body", [bytes, in_chunks], ids=["announced", "in chunks"])
async def test_what_is_too_large_is_refused_however_it_comes(world, body):
    alice = world.person()

    async with world.http(alice, url=world.chats[0]) as http:
        large = await http.put("/me/avatar", content=body(SENT_BYTES + 1), headers=PNG)
        no_larger = await http.put("/me/avatar", content=body(SENT_BYTES), headers=PNG)

    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert (no_larger.status_code, no_larger.json()["code"]) == (400, "bad_frame")
    assert kept(world, alice) == [("", None)]


async def test_other_paths_take_no_longer_bodies_than_before(world):
    async with world.http(world.person(), url=world.chats[0]) as http:
        answers = [
            await http.patch("/me", content=bytes(65 * 1024)),
            await http.put("/me/avatar/", content=bytes(65 * 1024)),
        ]

    assert [answer.status_code for answer in answers] == [413, 413]


async def test_nobody_sends_more_pictures_than_some(world):
    alice, bob = world.people(2)
    bad = {"content": b"no picture", "headers": PNG}

    async with world.http(alice, url=world.chats[0]) as http:
        answers = [await http.put("/me/avatar", **bad) for _ in range(PICTURES_AT_ONCE + 1)]
        other_things = await http.get("/me")
    async with world.http(bob, url=world.chats[0]) as http:
        of_another = await http.put("/me/avatar", **bad)

    assert [each.status_code for each in answers] == [400] * PICTURES_AT_ONCE + [429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 6
    assert (other_things.status_code, of_another.status_code) == (200, 400)


async def test_with_cookies_alone_nobody_changes_a_picture(world):
    picture = written(painted())

    async with browser(world) as page:
        signed_in = await page.register(new_name())
        user = signed_in["user"]["id"]
        allowed = await page.http.put("/me/avatar", content=picture, headers=PNG)
        seen = await page.http.get(f"/users/{user}/avatar")
        del page.http.headers["X-CSRFToken"]
        refused = [
            await page.http.put("/me/avatar", content=picture, headers=PNG),
            await page.http.delete("/me/avatar"),
        ]

    assert (allowed.status_code, seen.status_code) == (200, 200)
    assert [each.json()["code"] for each in refused] == ["csrf_failed"] * 2


async def test_a_picture_and_its_announcement_are_one_transaction(world):
    alice = world.person()

    with world.transaction() as cursor:
        cursor.execute("lock table outbox in share mode")
        async with world.http(alice) as http:
            refused = await http.put("/me/avatar", content=written(painted()), headers=PNG)

    assert (refused.status_code, kept(world, alice)) == (503, [("", None)])


async def test_the_same_picture_again_is_told_to_nobody(world):
    alice = world.person()

    async with world.http(alice) as http:
        version = await sent(http)
        with world.transaction() as cursor:
            cursor.execute("lock table outbox in share mode")
            again = await sent(http)

    assert again == version


# Seeing it -------------------------------------------------------------------------------------


async def test_it_is_kept_for_as_long_as_it_is_that_version(world):
    alice, bob = world.people(2)

    async with world.http(alice) as mine, world.http(bob) as other:
        version = await sent(mine)
        by_version = await shown(other, alice, v=version)
        by_none, by_another = await shown(other, alice), await shown(other, alice, v="another")

    assert by_version.headers["Content-Type"] == "image/webp"
    assert by_version.headers["Cache-Control"] == FOREVER
    for answer in (by_none, by_another):
        assert answer.headers["Cache-Control"] == "private, max-age=60"
        assert answer.content == by_version.content
    for answer in (by_version, by_none):
        assert answer.headers["ETag"] == f'"{version}"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.both_servers
async def test_who_has_it_is_not_sent_it_again(world):
    alice = world.person()

    async with world.http(alice) as http:
        version = await sent(http)
        url = f"/users/{alice.id}/avatar?v={version}"
        answers = [
            await http.get(url, headers={"If-None-Match": held})
            for held in (f'"{version}"', f'W/"{version}"', f'"old", "{version}"', "*", '"old"', "x")
        ]

    assert [each.status_code for each in answers] == [304, 304, 304, 304, 200, 200]
    assert {each.content for each in answers[:4]} == {b""}
    assert {(each.headers["ETag"], each.headers["Cache-Control"]) for each in answers} == {
        (f'"{version}"', FOREVER)
    }


async def test_where_there_is_none_there_is_nothing(world):
    alice, bob = world.people(2)

    async with world.http(bob) as http:
        answers = [
            await shown(http, alice, v="x"),
            await http.get("/users/00000000-0000-7000-8000-000000000000/avatar"),
            await http.get("/users/nobody/avatar"),
            await http.get("/users/%00/avatar"),
        ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "not_found")] * 4


async def test_who_is_not_signed_in_sees_and_changes_none(world):
    alice = world.person()

    async with world.http(alice) as http:
        await sent(http)
    async with world.http(None) as nobody:
        answers = [
            await shown(nobody, alice),
            await nobody.put("/me/avatar", content=written(painted()), headers=PNG),
            await nobody.delete("/me/avatar"),
        ]

    assert [each.status_code for each in answers] == [401, 401, 401]


async def test_of_somebody_deactivated_it_is_shown_as_their_name_is(world):
    alice, bob = world.people(2)
    async with world.http(alice) as mine:
        version = await sent(mine)

    await asyncio.to_thread(manage, world, "deactivate", alice.username)

    async with world.http(bob) as other:
        found = (await other.get("/users", params={"ids": alice.id})).json()["users"]
        picture = await shown(other, alice, v=version)
    assert (found[0]["avatar"], picture.status_code) == (version, 200)


# Being told of it ------------------------------------------------------------------------------


async def told_of(client, version):
    """Wait until somebody is told of a version of their only room; return it."""

    def found():
        rooms = [each for each in client.frames if each["type"] == "room"]
        return [each for each in rooms if each["version"] == version]

    return (await client.until(found, what=f"version {version}"))[0]


async def test_an_open_page_is_told_of_a_new_picture_and_of_none(world):
    alice, bob = world.people(2)

    async with world.http(alice, url=world.chats[0]) as mine:
        answer = await mine.post("/rooms", json={"kind": "direct", "members": [bob.id]})
        room = answer.json()
        async with world.client(bob, url=world.chats[1]) as client:
            version = await sent(mine)
            told = await told_of(client, version=2)
            await mine.delete("/me/avatar")
            told_again = await told_of(client, version=3)
        second = await sent(mine, painted(BLUE))
        seen_by_herself = (await mine.get(f"/rooms/{room['id']}")).json()
    async with world.client(bob) as client:
        (opened,) = client.welcome["rooms"]

    assert "avatar" not in room
    assert (told["id"], told["avatar"]) == (room["id"], version)
    assert (told_again["id"], "avatar" in told_again) == (room["id"], False)
    assert (opened["avatar"], "avatar" in seen_by_herself) == (second, False)


async def test_the_other_services_are_told_too(world):
    alice = world.person()

    async with world.http(alice) as http:
        version = await sent(http, painted(GREEN, (7, 7)))

    told = await until_told(world, alice.id)
    assert b"user.changed" in told
    assert f'"avatar":"{version}"'.encode() in told


# Taking it away --------------------------------------------------------------------------------


async def test_it_is_taken_away_and_to_do_so_again_changes_nothing(world):
    alice, bob = world.people(2)

    async with world.http(alice) as mine, world.http(bob) as other:
        version = await sent(mine)
        gone = await mine.delete("/me/avatar")
        with world.transaction() as cursor:
            cursor.execute("lock table outbox in share mode")
            again = await mine.delete("/me/avatar")
        found = (await other.get("/users", params={"ids": alice.id})).json()["users"]
        picture = await shown(other, alice, v=version)

    assert (gone.status_code, gone.content, again.status_code) == (204, b"", 204)
    assert ("avatar" in found[0], picture.status_code) == (False, 404)
    assert kept(world, alice) == [("", None)]
