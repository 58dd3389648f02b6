import pytest

from libs.common.secure_headers import HSTS, SecureHeaders


async def headers_of(*own, https):
    sent = []

    async def application(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": list(own)})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError

    await SecureHeaders(application, https=https)({}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["headers"]


@pytest.mark.parametrize(("https", "told"), [(True, [HSTS.encode()]), (False, [])])
async def test_only_a_site_with_tls_is_remembered_to_have_it(https, told):
    headers = await headers_of(https=https)

    assert [value for name, value in headers if name == b"strict-transport-security"] == told


async def test_what_an_answer_says_itself_stays():
    own = [(b"Cache-Control", b"public, max-age=60"), (b"Content-Security-Policy", b"sandbox")]

    headers = await headers_of(*own, https=True)

    assert headers[:2] == own
    names = [name.lower() for name, _ in headers]
    assert len(names) == len(set(names))


async def test_an_answer_that_does_not_say_how_long_it_may_be_kept_is_not_kept():
    assert (b"cache-control", b"no-store") in await headers_of(https=False)
