import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings, strategies as st

from libs.common import tokens as own
from libs.common.clock import ManualClock
from libs.common.errors import Unauthenticated
from libs.common.external_keys import ExternalKeys
from libs.common.external_tokens import (
    ID_CHARS,
    LEEWAY_S,
    TOKEN_CHARS,
    ExternalPerson,
    ExternalVerifier,
)
from tests.integration.chat.issuer import AUDIENCE, SigningKey, claims_of

ISSUER = "https://id.example/"
EC, RSA, ED, PS = (SigningKey.new(kind) for kind in ("ES256", "RS256", "EdDSA", "PS256"))
STRANGER = SigningKey.new("ES256", kid=EC.kid)
CLOCK = ManualClock()
NOW = int(CLOCK.now().timestamp())


def verifier(*keys, clock=CLOCK):
    document = json.dumps({"keys": [key.jwk for key in keys or (EC, RSA, ED, PS)]}).encode()

    async def read():
        return document

    return ExternalVerifier(
        ExternalKeys(read, clock=clock), issuer=ISSUER, audience=AUDIENCE, clock=clock
    )


def claims(**changes):
    whole = {"iat": NOW, "exp": NOW + 60, **changes}
    return claims_of(ISSUER, "subject", **whole)


def encoded(part):
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def public_pem(key):
    return key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def by_hmac(secret, **headers):
    """Sign with a public key as if it were a secret; PyJWT itself refuses to."""
    header = encoded({"alg": "HS256", "typ": "JWT", **headers})
    text = f"{header}.{encoded(claims())}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        text.encode(), secret
    )
    return f"{text}.{encoded(signature)}"


def relabelled(token, **headers):
    _, payload, signature = token.split(".")
    return ".".join((encoded(headers), payload, signature))


def signed_bytes(payload, key=EC):
    return jwt.PyJWS().encode(
        payload, key.private, algorithm=key.algorithm, headers={"kid": key.kid}
    )


@pytest.mark.parametrize("key", [EC, RSA, ED, PS], ids=lambda key: key.algorithm)
async def test_a_token_says_whom_it_speaks_of(key):
    token = key.sign(claims(name="Ada", preferred_username="ada", email="ada@id.example"))

    person = await verifier().verify(token)

    assert person == ExternalPerson(
        issuer=ISSUER,
        subject="subject",
        name="Ada",
        preferred_username="ada",
        email="ada@id.example",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["somebody else", AUDIENCE]},
        {"iat": ...},
        {"iat": NOW + LEEWAY_S},
        {"nbf": NOW + LEEWAY_S},
        {"exp": NOW + 0.5 - LEEWAY_S},
        {"sub": "x" * ID_CHARS},
        {"name": 7, "preferred_username": ["a"], "email": {"a": 1}},
        {"azp": "whoever", "unknown": [1, 2]},
    ],
    ids=repr,
)
async def test_what_does_not_matter_is_borne(changes):
    assert (await verifier().verify(EC.sign(claims(**changes)))).issuer == ISSUER


async def test_a_lone_key_needs_no_name():
    token = jwt.encode(claims(), EC.private, algorithm="ES256")

    assert (await verifier(EC).verify(token)).subject == "subject"


HALF_A_CHARACTER = rb'{"alg":"EdDSA","\ud800":1}'
HALF_AN_ALGORITHM = rb'{"alg":"\ud800"}'
REFUSED = {
    "it has ended": EC.sign(claims(exp=NOW - LEEWAY_S)),
    "it never ends": EC.sign(claims(exp=...)),
    "its end is no number": EC.sign(claims(exp=str(NOW + 60))),
    "its end is NaN": EC.sign(claims(exp=float("nan"))),
    "its end is infinite": EC.sign(claims(exp=float("inf"))),
    "its end is true": EC.sign(claims(exp=True)),
    "it has not begun": EC.sign(claims(nbf=NOW + LEEWAY_S + 1)),
    "it was made in the future": EC.sign(claims(iat=NOW + LEEWAY_S + 1)),
    "another audience": EC.sign(claims(aud="somebody else")),
    "an audience that begins alike": EC.sign(claims(aud=AUDIENCE + "s")),
    "other audiences": EC.sign(claims(aud=["a", "b"])),
    "no audience": EC.sign(claims(aud=...)),
    "an empty list of audiences": EC.sign(claims(aud=[])),
    "audiences that are no strings": EC.sign(claims(aud=[AUDIENCE, 1])),
    "an audience that is an object": EC.sign(claims(aud={AUDIENCE: 1})),
    "another issuer": EC.sign(claims(iss="https://id.example")),
    "no issuer": EC.sign(claims(iss=...)),
    "nobody": EC.sign(claims(sub=...)),
    "an empty subject": EC.sign(claims(sub="")),
    "a blank subject": EC.sign(claims(sub="  ")),
    "a subject that is too long": EC.sign(claims(sub="x" * (ID_CHARS + 1))),
    "a subject with NUL": EC.sign(claims(sub="a\0b")),
    "a subject with half a character": EC.sign(claims(sub="a\ud800")),
    "claims that are no object": signed_bytes(b"[]"),
    "claims that are no JSON": signed_bytes(b"\xff"),
    "nested claims": signed_bytes(b"[" * 10_000),
    "no claims": signed_bytes(b""),
    "another key under a known name": STRANGER.sign(claims()),
    "an unknown name": SigningKey.new("ES256").sign(claims()),
    "the name of another key": EC.sign(claims(), kid=ED.kid),
    "the name of another kind of key": RSA.sign(claims(), kid=EC.kid),
    "no name, the wrong key": jwt.encode(claims(), STRANGER.private, algorithm="ES256"),
    "a name that is no string": relabelled(EC.sign(claims()), alg="ES256", kid=[EC.kid]),
    "unsigned": jwt.encode(claims(), "", algorithm="none", headers={"kid": EC.kid}),
    "signature cut off": EC.sign(claims()).rpartition(".")[0] + ".",
    "no algorithm": relabelled(EC.sign(claims()), kid=EC.kid),
    "none in capitals": relabelled(EC.sign(claims()), alg="None", kid=EC.kid),
    "RS256 over an EC key": relabelled(EC.sign(claims()), alg="RS256", kid=EC.kid),
    "PS256 over an RS256 key": jwt.encode(
        claims(), RSA.private, algorithm="PS256", headers={"kid": RSA.kid}
    ),
    "RS512": jwt.encode(claims(), RSA.private, algorithm="RS512", headers={"kid": RSA.kid}),
    "HS256 with the public PEM": by_hmac(public_pem(RSA), kid=RSA.kid),
    "HS256 with the PEM, no name": by_hmac(public_pem(EC)),
    "HS256 with the JWK": by_hmac(json.dumps(RSA.jwk).encode(), kid=RSA.kid),
    "HS256 with the point": by_hmac(RSA.jwk["n"].encode(), kid=RSA.kid),
    "HS256 with nothing": by_hmac(b"", kid=EC.kid),
    "its own key inside": STRANGER.sign(claims(), jwk=STRANGER.jwk),
    "its own key elsewhere": STRANGER.sign(claims(), jku="http://127.0.0.1:1/keys"),
    "its own certificate": STRANGER.sign(claims(), x5u="http://127.0.0.1:1/", x5c=["AAAA"]),
    "something critical": EC.sign(claims(), crit=["exp"], exp=1),
    "a detached payload": relabelled(EC.sign(claims()), alg="ES256", kid=EC.kid, b64=False),
    "nothing": "",
    "dots": "..",
    "two parts": "a.b",
    "four parts": EC.sign(claims()) + ".AAAA",
    "no base64": "!!!.???.***",
    "a nested header": f"{encoded(b'[' * 9_000)}.AA.AA",
    "spaces around it": f" {EC.sign(claims())} ",
    "beyond ASCII": EC.sign(claims()) + "\u00e9",
    "half a character": "\ud800",
    "half a character in the header": f"{encoded(HALF_A_CHARACTER)}.e30.AA",
    "half a character as the algorithm": f"{encoded(HALF_AN_ALGORITHM)}.e30.AA",
    "too long": EC.sign(claims(padding="x" * TOKEN_CHARS)),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_a_token_that_does_not_hold_is_refused_without_a_reason(why):
    with pytest.raises(Unauthenticated) as refused:
        await verifier().verify(REFUSED[why])

    assert refused.value.message == "This token is not accepted."


def own_pair():
    private = ED.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    keys = {ED.kid: public_pem(ED).decode()}
    return own.Issuer(private, verify_keys=keys, clock=CLOCK), own.Verifier(keys, clock=CLOCK)


async def test_our_own_token_is_none_of_theirs_even_with_the_same_key():
    issuer, _ = own_pair()
    token = issuer.issue(sub="subject", sid="sid", name="ada", staff=True)

    with pytest.raises(Unauthenticated):
        await verifier().verify(token)


def test_their_token_is_none_of_ours_even_with_the_same_key():
    _, ours = own_pair()

    with pytest.raises(Unauthenticated):
        ours.verify(ED.sign(claims(sid="sid", name="ada", staff=True)))


GOOD = EC.sign(claims(name="Ada"))
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), char=st.sampled_from(BASE64URL + "=. "))
async def test_a_token_of_which_one_character_is_changed_is_never_accepted(at, char):
    changed = GOOD[:at] + char + GOOD[at + 1 :]
    if changed == GOOD:
        return

    with pytest.raises(Unauthenticated):
        await verifier().verify(changed)


@pytest.mark.parametrize("char", BASE64URL)
async def test_the_unused_bits_of_the_last_character_count_as_well(char):
    if char == GOOD[-1]:
        return

    with pytest.raises(Unauthenticated):
        await verifier().verify(GOOD[:-1] + char)


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(["iss", "sub", "aud", "exp", "iat", "name", "admin"]),
    value=st.none() | st.text() | st.integers(0, 2**40) | st.just(AUDIENCE) | st.just(ISSUER),
)
async def test_claims_that_were_changed_after_signing_are_never_accepted(name, value):
    header, payload, signature = GOOD.split(".")
    inside = json.loads(base64.urlsafe_b64decode(payload + "=="))
    if inside.get(name, ...) == value:
        return
    changed = f"{header}.{encoded({**inside, name: value})}.{signature}"

    with pytest.raises(Unauthenticated):
        await verifier().verify(changed)
