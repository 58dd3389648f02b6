"""Keys: that what is signed here is believed everywhere."""

from collections.abc import Iterator, Mapping

from libs.common.clock import Clock
from libs.common.config import SECRET_CHARS
from libs.common.doctor import checks
from libs.common.doctor.checks import Finding
from libs.common.errors import Unauthenticated
from libs.common.tokens import Issuer, Verifier

USUAL_KEYS = 2
"""While the signing key is changed there are two."""
THREE_STEPS = "Change keys in the three steps that the page has."


def judge_tokens(
    signing_key: str | None, verify_keys: Mapping[str, str] | None, *, clock: Clock
) -> Iterator[Finding]:
    """Judge the keys of access tokens.

    Args:
        signing_key: PEM; None in the surroundings of a service that signs nothing.
        verify_keys: PEM by key id; None where they cannot be read.
        clock: says when a token is made.
    """
    check = checks.KEYS_TOKENS
    if not verify_keys:
        yield check.wrong(
            "",
            "TOKEN_VERIFY_KEYS holds no key, or is no JSON object of texts.",
            "Give every service the same public keys.",
        )
        return
    try:
        verifier = Verifier(verify_keys, clock=clock)
    except (ValueError, TypeError):
        yield check.wrong(
            "", "One of TOKEN_VERIFY_KEYS is no Ed25519 public key.", "Replace it by its PEM."
        )
        return
    yield _judge_count(len(verify_keys))
    if signing_key is not None:
        yield _judge_signing(signing_key, verify_keys, verifier, clock=clock)


def _judge_count(keys: int) -> Finding:
    if keys > USUAL_KEYS:
        return checks.KEYS_TOKENS.look(
            "",
            f"Public keys whose tokens are believed: {keys}.",
            "Take away those that have not signed for 11 minutes.",
        )
    return checks.KEYS_TOKENS.ok("", f"Public keys whose tokens are believed: {keys}.")


def _judge_signing(
    signing_key: str, verify_keys: Mapping[str, str], verifier: Verifier, *, clock: Clock
) -> Finding:
    try:
        issuer = Issuer(signing_key, verify_keys=verify_keys, clock=clock)
        verifier.verify(issuer.issue(sub="doctor", sid="doctor", name="doctor", staff=False))
    except (ValueError, TypeError, Unauthenticated):
        return checks.KEYS_TOKENS.wrong(
            "",
            "TOKEN_SIGNING_KEY is none, or its public half is not among TOKEN_VERIFY_KEYS.",
            f"Nobody can sign in: put the public half in. {THREE_STEPS}",
        )
    return checks.KEYS_TOKENS.ok("", "A token that was signed here is believed here.")


def judge_issuer(problem: str | None, *, keys: int = 0) -> Finding:
    """Judge the keys of an issuer outside.

    Args:
        problem: why they cannot be had, for people; None where they can.
        keys: how many of them can be used.
    """
    check = checks.KEYS_ISSUER
    if problem is not None:
        return check.wrong(
            "chat",
            f"The keys of the issuer cannot be had: {problem}.",
            "Whoever comes with its tokens is told to wait. Start it, or mend EXTERNAL_JWKS_URL.",
        )
    return check.ok("chat", f"Keys of the issuer that can be used: {keys}.")


def judge_secret(secret_key: str | None) -> Finding:
    """Judge Django's key."""
    check, make = checks.KEYS_SECRET, "Make one with `make secrets`: the same for every process."
    if secret_key is None:
        return check.wrong("", "SECRET_KEY is missing.", make)
    if len(secret_key) < SECRET_CHARS:
        return check.wrong(
            "", f"SECRET_KEY has {len(secret_key)} characters, and needs {SECRET_CHARS}.", make
        )
    return check.ok("", f"SECRET_KEY has at least {SECRET_CHARS} characters.")


def judge_web_push(*, given: bool, usable: bool | None) -> Finding:
    """Judge the key by which push services know us.

    Args:
        given: whether there is one.
        usable: whether queue takes it; None where that could not be asked.
    """
    check = checks.KEYS_WEB_PUSH
    if not given:
        return check.look(
            "queue",
            "VAPID_PRIVATE_KEY is not given here: closed browsers are told nothing.",
            "Make one with `make secrets`, if they are to be told.",
        )
    if usable is None:
        return check.look(
            "queue", "Whether queue takes the key is not known.", "Look at `settings`."
        )
    if not usable:
        return check.wrong(
            "queue",
            "Queue does not take VAPID_PRIVATE_KEY or VAPID_SUBJECT.",
            "Look at `settings`, which names what is wrong.",
        )
    return check.ok("queue", "Queue takes VAPID_PRIVATE_KEY and VAPID_SUBJECT.")
