import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from libs.common.clock import ManualClock
from libs.common.errors import Unavailable
from libs.common.external_keys import (
    AGAIN_AFTER_S,
    FRESH_S,
    KEYS_AT_MOST,
    RESET_AFTER_S,
    STALE_AFTER_S,
    BadKeySet,
    ExternalKeys,
    read_key_set,
)
from libs.common.fetching import FetchFailed
from tests.integration.chat.issuer import SigningKey

EC, OTHER, RSA, ED = (SigningKey.new(kind) for kind in ("ES256", "ES256", "RS256", "EdDSA"))
SMALL_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - is refused
P384 = ec.generate_private_key(ec.SECP384R1())


def key_set(*keys):
    return json.dumps(
        {"keys": [key.jwk if isinstance(key, SigningKey) else key for key in keys]}
    ).encode()


class Issuer:
    """Serves a key set, or fails, and counts; ``pause`` holds its answer back."""

    def __init__(self, *keys):
        self.document = key_set(*keys)
        self.down = False
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0
        self.going_on = asyncio.Event()
        self.going_on.set()

    async def read(self):
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.going_on.wait()
        self.at_once -= 1
        if self.down:
            raise FetchFailed("down")
        return self.document


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def issuer():
    return Issuer(EC, RSA, ED)


@pytest.fixture
def keys(issuer, clock):
    return ExternalKeys(issuer.read, clock=clock)


async def knows(keys, key):
    return await keys.find(kid=key.kid, algorithm=key.algorithm) is not None


# The document ----------------------------------------------------------------------------------


def test_each_key_is_for_one_algorithm_that_it_says_itself_or_its_kind_does():
    silent = {name: value for name, value in ED.jwk.items() if name not in ("alg", "use")}

    found = read_key_set(key_set(EC, RSA, silent, {**RSA.jwk, "alg": "PS256"}))

    assert [key.algorithm for key in found] == ["ES256", "RS256", "EdDSA", "PS256"]
    assert [key.kid for key in found] == [EC.kid, RSA.kid, ED.kid, RSA.kid]


@pytest.mark.parametrize(
    "unusable",
    [
        {**RSA.jwk, "use": "enc"},
        {**RSA.jwk, "key_ops": ["encrypt"]},
        {**RSA.jwk, "key_ops": "verify"},
        {**RSA.jwk, "alg": "none"},
        {**RSA.jwk, "alg": "HS256"},
        {**RSA.jwk, "alg": "RS512"},
        {**RSA.jwk, "alg": ["RS256"]},
        {**RSA.jwk, "alg": "ES256"},
        {**RSA.jwk, "kid": 7},
        {**RSA.jwk, "n": None},
        {**RSA.jwk, "n": 3},
        {**RSA.jwk, "n": ""},
        {**RSA.jwk, "e": "AQ"},
        {**EC.jwk, "alg": "RS256"},
        {**EC.jwk, "crv": "P-384"},
        {**EC.jwk, "y": EC.jwk["x"]},
        {**ED.jwk, "x": "AAAA"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "RS256"},
        {"kty": "unknown", "kid": "a"},
        {"kty": ["RSA"]},
        {},
        RSAAlgorithm.to_jwk(SMALL_RSA.public_key(), as_dict=True),
        ECAlgorithm.to_jwk(P384.public_key(), as_dict=True),
        {**ECAlgorithm.to_jwk(P384.public_key(), as_dict=True), "alg": "ES256"},
    ],
    ids=repr,
)
def test_a_key_that_cannot_be_used_here_is_left_out(unusable):
    assert [key.kid for key in read_key_set(key_set(unusable, OTHER))] == [OTHER.kid]


def test_a_private_key_that_was_published_is_read_as_the_public_one_that_it_holds():
    private = Ed25519PrivateKey.generate()
    published = OKPAlgorithm.to_jwk(private, as_dict=True)
    assert "d" in published

    (key,) = read_key_set(key_set(published))

    assert not hasattr(key.jwk.key, "sign")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys":[]}',
        b'{"keys":{}}',
        b'{"keys":[1]}',
        b'{"keys":[{"kty":"oct","k":"AA"}]}',
        b'{"keys":' + b"[" * 100_000,
        b"\xff\xfe",
        key_set(*[EC] * (KEYS_AT_MOST + 1)),
    ],
    ids=lambda document: repr(document[:30]),
)
def test_what_is_no_set_of_usable_keys_is_refused(document):
    with pytest.raises(BadKeySet):
        read_key_set(document)


# Which key -------------------------------------------------------------------------------------


async def test_a_key_is_found_by_its_name_and_its_own_algorithm_only(keys):
    assert await knows(keys, EC)
    assert await keys.find(kid=EC.kid, algorithm="RS256") is None
    assert await keys.find(kid=EC.kid, algorithm="HS256") is None
    assert await keys.find(kid="", algorithm="ES256") is None


async def test_without_a_name_only_the_one_key_of_an_algorithm_fits(keys, issuer, clock):
    assert await keys.find(kid=None, algorithm="ES256") is not None

    issuer.document = key_set(EC, OTHER)
    clock.advance(FRESH_S)

    assert await keys.find(kid=None, algorithm="ES256") is None


# How often the issuer is asked -----------------------------------------------------------------


async def test_keys_are_fetched_once_for_all_who_come_at_the_same_time(keys, issuer):
    issuer.going_on.clear()
    asking = [asyncio.create_task(knows(keys, EC)) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)

    issuer.going_on.set()

    assert await asyncio.gather(*asking[1:]) == [True] * 49
    assert issuer.asked == 1


async def test_a_thousand_unknown_names_make_one_fetch_in_an_interval(keys, issuer, clock):
    for number in range(1000):
        assert await keys.find(kid=f"unknown {number}", algorithm="ES256") is None
    assert issuer.asked == 1

    clock.advance(AGAIN_AFTER_S)
    unknown = (keys.find(kid=f"more {number}", algorithm="ES256") for number in range(1000))

    assert set(await asyncio.gather(*unknown)) == {None}
    assert issuer.asked == 2
    assert issuer.most_at_once == 1


async def test_a_new_key_is_accepted_after_the_interval(keys, issuer, clock):
    assert await knows(keys, EC)
    issuer.document = key_set(EC, OTHER)

    too_early = await knows(keys, OTHER)
    clock.advance(AGAIN_AFTER_S)

    assert not too_early
    assert await knows(keys, OTHER)


async def test_a_key_that_was_taken_away_is_refused_once_the_keys_are_old(keys, issuer, clock):
    assert await knows(keys, EC)
    issuer.document = key_set(OTHER)

    clock.advance(FRESH_S - 1)
    assert await knows(keys, EC)
    clock.advance(1)

    assert not await knows(keys, EC)
    assert issuer.asked == 2


# When it cannot be asked -----------------------------------------------------------------------


@pytest.mark.parametrize("document", [b"<html>", b'{"keys":[]}', None])
async def test_known_keys_stay_good_for_an_hour_while_the_issuer_is_down(
    keys, issuer, clock, document
):
    assert await knows(keys, EC)
    issuer.down, issuer.document = document is None, document or b""

    while clock.monotonic() < STALE_AFTER_S - AGAIN_AFTER_S:
        clock.advance(AGAIN_AFTER_S)
        assert await knows(keys, EC)
    clock.advance(AGAIN_AFTER_S)

    with pytest.raises(Unavailable) as refused:
        await knows(keys, EC)
    assert refused.value.retry_after_s is not None
    assert 1 <= refused.value.retry_after_s <= RESET_AFTER_S


async def test_an_unknown_name_is_not_judged_while_the_issuer_is_down(keys, issuer, clock):
    issuer.down = True
    with pytest.raises(Unavailable):
        await knows(keys, EC)

    with pytest.raises(Unavailable):
        await knows(keys, EC)
    assert issuer.asked == 1
    issuer.down = False
    clock.advance(AGAIN_AFTER_S)

    assert await knows(keys, EC)


async def test_a_breaker_spares_an_issuer_that_stays_down(keys, issuer, clock):
    issuer.down = True
    for _ in range(10):
        with pytest.raises(Unavailable):
            await knows(keys, EC)
        clock.advance(AGAIN_AFTER_S)

    assert issuer.asked < 8

    issuer.down = False
    clock.advance(RESET_AFTER_S)
    assert await knows(keys, EC)
