import base64
import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import assume, given, settings, strategies as st

from libs.common.clock import ManualClock
from libs.common.errors import Unauthenticated
from libs.common.tokens import (
    LIFETIME_S,
    RENEWAL_GRACE_S,
    TICKET_LIFETIME_S,
    TOKEN_CHARS,
    Issuer,
    Verifier,
)


def pem_pair(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> tuple[str, str]:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


PRIVATE, PUBLIC = pem_pair(Ed25519PrivateKey.generate())
OTHER_PRIVATE, OTHER_PUBLIC = pem_pair(Ed25519PrivateKey.generate())
KEYS = {"old": OTHER_PUBLIC, "new": PUBLIC}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def issuer(clock: ManualClock) -> Issuer:
    return Issuer(PRIVATE, verify_keys=KEYS, clock=clock)


@pytest.fixture
def verifier(clock: ManualClock) -> Verifier:
    return Verifier(KEYS, clock=clock)


def issue(issuer: Issuer) -> str:
    return issuer.issue(sub="u1", sid="s1", name="alice", staff=False)


def claims(clock: ManualClock, **changes: object) -> dict[str, object]:
    now = int(clock.now().timestamp())
    whole = {
        "sub": "u1",
        "sid": "s1",
        "name": "alice",
        "staff": False,
        "iat": now,
        "exp": now + 60,
        "aud": "parley",
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def signed(payload: dict[str, object], *, kid: object = "new", key: str = PRIVATE) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(payload, key, algorithm="EdDSA", headers=headers)


def by_hand(header: dict[str, object], payload: dict[str, object]) -> str:
    parts = (json.dumps(part).encode() for part in (header, payload))
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."


def test_a_token_says_who_signed_in_and_which_key_signed_it(issuer, verifier):
    token = issue(issuer)

    said = verifier.verify(token)

    assert (said.sub, said.sid, said.name, said.staff) == ("u1", "s1", "alice", False)
    assert said.exp - said.iat == LIFETIME_S
    assert jwt.get_unverified_header(token)["kid"] == "new"


def test_a_token_ends_after_its_lifetime(issuer, verifier, clock):
    token = issue(issuer)

    clock.advance(LIFETIME_S - 1)
    verifier.verify(token)
    clock.advance(1)

    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_an_ended_token_can_be_renewed_for_a_minute_only(issuer, verifier, clock):
    token = issue(issuer)

    clock.advance(LIFETIME_S + RENEWAL_GRACE_S - 1)
    verifier.verify(token, leeway_s=RENEWAL_GRACE_S)
    clock.advance(1)

    with pytest.raises(Unauthenticated):
        verifier.verify(token, leeway_s=RENEWAL_GRACE_S)


def test_a_token_of_a_key_that_is_rotated_out_but_known_is_accepted(verifier, clock):
    token = signed(claims(clock), kid="old", key=OTHER_PRIVATE)

    assert verifier.verify(token).sub == "u1"


@pytest.mark.parametrize("missing", ["sub", "sid", "name", "staff", "iat", "exp", "aud"])
def test_a_token_without_a_claim_is_refused(verifier, clock, missing):
    token = signed(claims(clock, **{missing: ...}))

    with pytest.raises(Unauthenticated):
        verifier.verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody else"},
        {"aud": ["parley"]},
        {"sub": 7},
        {"staff": 1},
        {"exp": "2099-01-01"},
        {"exp": 1e300},
        {"iat": 4_000_000_000, "exp": 4_000_000_600},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(verifier, clock, changes):
    token = signed(claims(clock, **changes))

    with pytest.raises(Unauthenticated):
        verifier.verify(token)


@pytest.mark.parametrize("kid", [None, "unknown", "old", ""])
def test_the_key_is_one_of_ours_and_the_one_that_signed(verifier, clock, kid):
    token = signed(claims(clock), kid=kid)

    with pytest.raises(Unauthenticated):
        verifier.verify(token)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "EdDSA"])
def test_an_unsigned_token_is_refused(verifier, clock, algorithm):
    token = by_hand({"alg": algorithm, "typ": "JWT", "kid": "new"}, claims(clock))

    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_our_public_key_as_an_hmac_secret_is_refused(verifier, clock):
    unsigned = by_hand({"alg": "HS256", "typ": "JWT", "kid": "new"}, claims(clock))[:-1]
    digest = hmac.new(PUBLIC.encode(), unsigned.encode(), hashlib.sha256).digest()
    token = f"{unsigned}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    with pytest.raises(Unauthenticated):
        verifier.verify(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "..",
        "\ud800",
        "ж.ж.ж",
        by_hand({"alg": "EdDSA", "kid": ["new"]}, {}),
        base64.urlsafe_b64encode(b"[" * 2900).decode() + "..",
        "x" * (TOKEN_CHARS + 1),
    ],
)
def test_garbage_is_refused_as_any_other_token(verifier, token):
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_a_tampered_token_is_refused(issuer, verifier):
    header, payload, signature = issue(issuer).split(".")
    forged = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged["staff"] = True
    payload = base64.urlsafe_b64encode(json.dumps(forged).encode()).rstrip(b"=").decode()

    with pytest.raises(Unauthenticated):
        verifier.verify(f"{header}.{payload}.{signature}")


def test_an_issuer_whose_tokens_nobody_could_verify_does_not_start(clock):
    with pytest.raises(ValueError, match="belongs to the signing key"):
        Issuer(PRIVATE, verify_keys={"old": OTHER_PUBLIC}, clock=clock)


def test_only_ed25519_keys_are_keys(clock):
    private, public = pem_pair(generate_private_key(SECP256R1()))

    with pytest.raises(ValueError, match="Ed25519"):
        Issuer(private, verify_keys={"k": public}, clock=clock)
    with pytest.raises(ValueError, match="Ed25519"):
        Verifier({"k": public}, clock=clock)


def ticket_claims(clock: ManualClock, **changes: object) -> dict[str, object]:
    whole = {
        "sub": "u1",
        "sid": "s1",
        "jti": "018f0000-0000-4000-8000-000000000001",
        "exp": int(clock.now().timestamp()) + 30,
        "aud": "parley-ticket",
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def test_a_ticket_says_who_asked_for_it_and_is_one_of_its_own(issuer, verifier):
    tickets = [verifier.verify_ticket(issuer.issue_ticket(sub="u1", sid="s1")) for _ in range(100)]

    assert {(each.sub, each.sid) for each in tickets} == {("u1", "s1")}
    assert len({each.jti for each in tickets}) == 100


def test_a_ticket_ends_after_half_a_minute(issuer, verifier, clock):
    ticket = issuer.issue_ticket(sub="u1", sid="s1")

    clock.advance(TICKET_LIFETIME_S - 1)
    verifier.verify_ticket(ticket)
    clock.advance(1)

    with pytest.raises(Unauthenticated):
        verifier.verify_ticket(ticket)


def test_a_ticket_is_no_token_and_a_token_is_no_ticket(issuer, verifier):
    with pytest.raises(Unauthenticated):
        verifier.verify(issuer.issue_ticket(sub="u1", sid="s1"), leeway_s=RENEWAL_GRACE_S)
    with pytest.raises(Unauthenticated):
        verifier.verify_ticket(issue(issuer))


@pytest.mark.parametrize("audience", ["parley", "parley-ticket", ["parley", "parley-ticket"], ...])
def test_the_audience_alone_tells_a_ticket_from_a_token(verifier, clock, audience):
    both = claims(clock) | ticket_claims(clock) | {"aud": audience}
    signed_both = signed({name: value for name, value in both.items() if value is not ...})

    accepted = []
    for verify in (verifier.verify, verifier.verify_ticket):
        try:
            accepted.append(verify(signed_both).aud)
        except Unauthenticated:
            accepted.append(None)

    assert accepted == [
        "parley" if audience == "parley" else None,
        "parley-ticket" if audience == "parley-ticket" else None,
    ]


@pytest.mark.parametrize("missing", ["sub", "sid", "jti", "exp", "aud"])
def test_a_ticket_without_a_claim_is_refused(verifier, clock, missing):
    with pytest.raises(Unauthenticated):
        verifier.verify_ticket(signed(ticket_claims(clock, **{missing: ...})))


@pytest.mark.parametrize(
    "changes", [{"jti": "x"}, {"jti": 7}, {"jti": ["x"]}, {"exp": "soon"}, {"exp": 1e300}]
)
def test_a_ticket_with_a_wrong_claim_is_refused(verifier, clock, changes):
    with pytest.raises(Unauthenticated):
        verifier.verify_ticket(signed(ticket_claims(clock, **changes)))


def test_a_ticket_of_a_foreign_key_or_of_none_is_refused(verifier, clock):
    foreign = signed(ticket_claims(clock), key=OTHER_PRIVATE)
    unsigned = by_hand({"alg": "none", "typ": "JWT", "kid": "new"}, ticket_claims(clock))

    for ticket in (foreign, unsigned, "", "a.b.c", "x" * (TOKEN_CHARS + 1)):
        with pytest.raises(Unauthenticated):
            verifier.verify_ticket(ticket)


@given(at=st.integers(min_value=0), to=st.characters(codec="ascii"))
@settings(max_examples=200, deadline=None)
def test_a_ticket_with_any_one_character_changed_is_refused(at, to):
    clock = ManualClock()
    ticket = Issuer(PRIVATE, verify_keys=KEYS, clock=clock).issue_ticket(sub="u1", sid="s1")
    # The last character of a signature carries bits that are not decoded, and two are spelt twice.
    at %= len(ticket) - 1
    assume(ticket[at] != {"+": "-", "/": "_"}.get(to, to))

    with pytest.raises(Unauthenticated):
        Verifier(KEYS, clock=clock).verify_ticket(ticket[:at] + to + ticket[at + 1 :])
