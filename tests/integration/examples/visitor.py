"""Somebody's browser on the site of the tutorial, without its JavaScript: forms, cookies, sockets."""

import asyncio
import json
import re
import uuid
from dataclasses import dataclass

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.django_site import PASSWORD, DjangoSite

WITHIN_S = 15
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
MAKE_USERS = """
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from shop.models import Order
password = make_password({password!r})
for number in range({count}):
    user = User.objects.create(username=f'user-{{number}}', password=password)
    order = Order.objects.create(user=user, what='A teapot')
    print(user.username, user.pk, order.pk)
User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
"""
"""The last one is staff."""


@dataclass(frozen=True)
class SiteUser:
    """A user of the site, who has bought a teapot."""

    name: str
    pk: str
    order: str


def make_users(site: DjangoSite, count: int) -> list[SiteUser]:
    """Make users of the site, all at once: each start of Django takes a second."""
    lines = site.shell(MAKE_USERS.format(password=PASSWORD, count=count)).splitlines()
    return [SiteUser(*line.split()) for line in lines]


class Visitor:
    """One browser. Its cookies do not tell ports apart, as those of a browser do not."""

    def __init__(self, site: DjangoSite, user: SiteUser) -> None:
        self.site = site
        self.user = user
        self.http = httpx.AsyncClient(
            base_url=site.url, headers={"Origin": site.url}, follow_redirects=True, timeout=WITHIN_S
        )

    async def sign_in(self):
        """Sign in at the site."""
        form = {"username": self.user.name, "password": PASSWORD}
        answer = await self.submit("/accounts/login/", **form)
        assert "Your orders" in answer.text

    async def submit(self, path, **fields):
        """Fill in the form of a page, and send it."""
        page = await self.http.get(path)
        (token, *_) = CSRF.findall(page.text)
        return await self.http.post(path, data={"csrfmiddlewaretoken": token, **fields})

    async def chat(self):
        """Sign in to Parley as the page does; return its session."""
        token = (await self.http.get("/chat/token")).raise_for_status().json()["token"]
        exchange = {"token": token, "cookie": True}
        (await self.http.post("/api/chat/auth/exchange", json=exchange)).raise_for_status()
        session = (await self.http.get("/api/chat/auth/session")).raise_for_status().json()
        self.http.headers["X-CSRFToken"] = session["csrf_token"]
        return session

    def socket(self, path, *, origin=None):
        """Open a socket of Parley, as a page of the site does."""
        parley = self.site.parley_url.replace("http", "ws", 1)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)
        return connect(
            parley + path,
            origin=Origin(origin or self.site.url),
            additional_headers={"Cookie": cookies},
            proxy=None,
        )

    async def open_direct(self, other):
        """Open a conversation; return its id."""
        body = {"kind": "direct", "members": [other]}
        return (await self.http.post("/api/chat/rooms", json=body)).raise_for_status().json()["id"]

    async def write(self, room, content):
        """Write a message."""
        body = {"client_id": str(uuid.uuid4()), "content": content}
        path = f"/api/chat/rooms/{room}/messages"
        return (await self.http.post(path, json=body)).raise_for_status().json()

    async def close(self):
        """Close the browser."""
        await self.http.aclose()


async def until_frame(socket, **members):
    """Wait for a frame with these members; return it."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            frame = json.loads(await socket.recv())
            if members.items() <= frame.items():
                return frame
