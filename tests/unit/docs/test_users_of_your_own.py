"""The code that the page offers to others makes tokens that are accepted here."""

import re
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.http import HttpRequest

from libs.common.clock import SystemClock
from libs.common.external_keys import ExternalKeys
from libs.common.external_tokens import ExternalPerson, ExternalVerifier
from tests.unit.docs import pages

PAGE = (pages.DOCS / "users-of-your-own.md").read_text()


def block(language):
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return code


def offered(settings):
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    settings.PARLEY_KEY = pem.decode()
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102 - our own page
    return SimpleNamespace(**names)


def told():
    return dict(line.split("=", 1) for line in block("sh").splitlines())


async def test_the_tokens_of_the_page_are_accepted_with_the_settings_of_the_page(settings):
    project, given = offered(settings), told()
    user = SimpleNamespace(
        pk=7,
        is_authenticated=True,
        get_username=lambda: "ada",
        get_full_name=lambda: "Ada Lovelace",
    )
    request = HttpRequest()
    request.user = user  # type: ignore[assignment]  # stands for a user of another project

    async def read():
        return project.keys(HttpRequest()).content

    clock = SystemClock()
    verifier = ExternalVerifier(
        ExternalKeys(read, clock=clock),
        issuer=given["EXTERNAL_ISSUER"],
        audience=given["EXTERNAL_AUDIENCE"],
        clock=clock,
    )
    token = re.findall(r'"token": "(.+)"', project.parley_token(request).content.decode())[0]

    person = await verifier.verify(token)

    assert given["EXTERNAL_JWKS_URL"].startswith("https://")
    assert person == ExternalPerson(
        issuer="https://your.example",
        subject="7",
        name="Ada Lovelace",
        preferred_username="ada",
    )
