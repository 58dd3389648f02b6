"""nginx, as the rendered Ingress has it, in front of the real suite."""

import httpx
import pytest

from clients.python.parley import Refused, Socket
from dev.k8s.ingress import rendered_ingress
from dev.services import SERVICES
from services.chat.domain.pictures import SENT_BYTES
from tests.gateways import needs_gateways, running_nginx
from tests.integration.chat.sessions import badge, until_told, write
from tests.integration.waiting import WITHIN_S

pytestmark = needs_gateways

FROM, CLAIMED = "127.0.0.7", "203.0.113.9"
"""An address of this machine that is no proxy's, and one that is made up."""


@pytest.fixture(scope="module")
def url(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    with running_nginx(world.suite.state, folder, rendered_ingress()) as url:
        yield url


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
async def test_a_path_leads_to_its_service(world, url, service):
    async with world.http(None, url=url, service=service) as http:
        answer = await http.get("/healthz")

    assert answer.status_code == httpx.codes.OK


async def test_everything_else_leads_to_the_page(world, url):
    async with httpx.AsyncClient(timeout=WITHIN_S) as http:
        answer = await http.get(url)

    assert answer.status_code == httpx.codes.OK
    assert answer.headers["content-type"].startswith("text/html")


async def test_sockets_pass_at_both_paths(world, url):
    alice, bob = world.people(2)
    room = world.room(alice, bob)
    async with (
        world.client(bob, url=url) as chatting,
        badge(world, bob, url=url) as told,
        world.http(alice, url=url) as http,
    ):
        seq = await write(http, room, "Hello")

        await until_told(told, room, seq)
        await chatting.until(lambda: chatting.messages(room), what="the message")


async def test_a_page_that_is_another_s_is_refused_as_without_nginx(world, url):
    alice = world.person()

    with pytest.raises(Refused) as refused:
        await Socket.open(url, token=alice.token, origin="https://elsewhere.example")

    assert refused.value.status == httpx.codes.FORBIDDEN


async def test_a_picture_as_large_as_chat_takes_them_passes(world, url):
    body = b"\x89PNG\r\n\x1a\n" + bytes(SENT_BYTES - 8)
    async with world.http(world.person(), url=url) as http:
        picture = await http.put("/me/avatar", content=body, headers={"Content-Type": "image/png"})

    # It is none: but that is for chat to say.
    assert picture.json()["code"] == "bad_frame"


async def test_people_are_where_they_come_from_whatever_they_claim(world, url):
    ann = world.person()
    wrong = {"username": ann.username, "password": "not the right one"}
    async with httpx.AsyncClient(
        base_url=url, transport=httpx.AsyncHTTPTransport(local_address=FROM)
    ) as http:
        await http.post("/api/chat/auth/token", json=wrong, headers={"X-Forwarded-For": CLAIMED})

    assert world.rows("select address from audit_entry where subject_id = %s", ann.id) == [(FROM,)]
