"""An issuer outside whose keys are there, or are not."""

import pytest

from dev.ports import free_port
from libs.common.doctor.checks import Verdict
from tests.integration.chat.issuer import SigningKey, running_issuer
from tests.integration.doctor.surroundings import look, the

CHECK = "keys.issuer"


@pytest.fixture
def issuer():
    with running_issuer() as issuer:
        yield issuer


async def examine(url):
    return the(await look({"EXTERNAL_JWKS_URL": url}), CHECK)


async def test_keys_that_can_be_used_are_counted(issuer):
    issuer.keys = [SigningKey.new(), SigningKey.new("EdDSA")]

    found = await examine(issuer.jwks_url)

    assert (found.verdict, found.seen) == (Verdict.OK, "Keys of the issuer that can be used: 2.")


async def test_nobody_an_error_and_no_keys_are_told_apart(issuer):
    nobody = await examine(f"http://127.0.0.1:{free_port()}/jwks.json")
    with issuer.breaking(404):
        error = await examine(issuer.jwks_url)
    issuer.keys = []
    empty = await examine(issuer.jwks_url)

    assert {found.verdict for found in (nobody, error, empty)} == {Verdict.WRONG}
    assert "nobody answers" in nobody.seen
    assert "404" in error.seen
    assert "no key that can be used" in empty.seen


async def test_without_an_issuer_nothing_is_said_of_it():
    assert CHECK not in {found.check.name for found in await look({})}
