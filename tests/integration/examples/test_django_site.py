"""The site of the tutorial beside the real suite: what its pages do, done without a browser."""

import asyncio

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests import tutorial
from tests.integration.examples.visitor import WITHIN_S, Visitor, until_frame

pytestmark = pytest.mark.timeout(240)
SIGNED_OUT = 4001


@pytest.fixture
async def come(site, users):
    """Have somebody come to the site, signed in there."""
    visitors = []

    async def come(user=None):
        visitor = Visitor(site, user or users.pop(0))
        visitors.append(visitor)
        await visitor.sign_in()
        return visitor

    yield come
    for visitor in visitors:
        await visitor.close()


async def test_whoever_signs_in_at_the_site_is_themselves_at_parley(come):
    ada = await come()

    session = await ada.chat()
    home = await ada.http.get("/")

    assert session["user"]["username"] == ada.user.name
    assert f'data-me="{session["user"]["id"]}"' in home.text


async def test_whoever_is_not_signed_in_gets_no_token(site):
    async with httpx.AsyncClient(base_url=site.url, timeout=WITHIN_S) as stranger:
        answer = await stranger.get("/chat/token")
        keys = (await stranger.get("/.well-known/jwks.json")).json()["keys"]

    assert answer.status_code == 401
    assert [sorted(key) for key in keys] == [["alg", "crv", "kid", "kty", "use", "x"]]


async def test_tests_and_builds_of_the_site_do_without_its_key(site):
    said = await asyncio.to_thread(site.run, "PARLEY_KEY_FILE=none python manage.py check")

    assert "no issues" in said


async def test_the_badge_rises_with_what_others_write_and_falls_with_what_is_read(come):
    ada, bob = await come(), await come()
    adas, _ = await ada.chat(), await bob.chat()
    room = await bob.open_direct(adas["user"]["id"])

    async with ada.socket("/ws/notifications/") as badge:
        welcome = await until_frame(badge, type="welcome")
        sent = await bob.write(room, "Hello")
        risen = await until_frame(badge, type="notification", unread_total=1)
        read = {"read_seq": sent["seq"]}
        await ada.http.post(f"/api/chat/rooms/{room}/receipts", json=read)
        await until_frame(badge, type="notification", unread_total=0)

    assert welcome["unread_total"] == 0
    assert risen["preview"] == "Hello"


async def test_only_the_origin_that_make_up_was_told_may_connect(site, come):
    ada = await come()
    await ada.chat()

    with pytest.raises(InvalidStatus) as refused:
        async with ada.socket("/ws/chat/", origin="http://127.0.0.1:8101"):
            pass

    assert refused.value.response.status_code == 403


async def test_a_push_of_the_site_comes_to_the_open_chat(site, come):
    ada = await come()
    await ada.chat()

    async with ada.socket("/ws/chat/") as chat:
        await until_frame(chat, type="welcome")
        await ship(site, ada.user.order)
        pushed = await until_frame(chat, type="custom")

    assert pushed["name"] == "shop.order"
    assert pushed["data"] == {"order": int(ada.user.order), "what": "A teapot"}
    assert "A teapot, shipped" in (await ada.http.get("/")).text


async def test_whoever_is_pushed_to_need_not_have_chatted_before(site, come):
    ada = await come()

    await ship(site, ada.user.order)
    session = await ada.chat()

    assert f'data-me="{session["user"]["id"]}"' in (await ada.http.get("/")).text


async def test_whoever_is_deactivated_at_the_site_is_signed_out_of_parley(come, users):
    staff, ada = await come(users.pop()), await come()
    await ada.chat()

    async with ada.socket("/ws/notifications/") as badge:
        await until_frame(badge, type="welcome")
        await deactivate(staff, ada.user)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(badge.recv(), WITHIN_S)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == SIGNED_OUT
    assert (await ada.http.get("/api/chat/auth/session")).status_code == 401
    assert (await ada.http.get("/chat/token")).status_code == 401


async def ship(site, order):
    """Ship an order, as the tutorial does."""
    commands = tutorial.commands("manage.py ship").replace("ship 1", f"ship {order}")
    await asyncio.to_thread(site.run, commands)


async def deactivate(staff, user):
    """Take the tick away in the admin, as staff does."""
    form = {"username": user.name, "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    answer = await staff.submit(f"/admin/auth/user/{user.pk}/change/", **form)
    assert "was changed successfully" in answer.text
