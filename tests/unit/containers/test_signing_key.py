"""Another key for access tokens: at each step everybody believes what anybody may still sign."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dev.containers import signing_key
from dev.containers.secrets import make_files
from dev.keys import SECRETS_FILE, load_secrets
from libs.common.clock import SystemClock
from libs.common.errors import Unauthenticated
from libs.common.tokens import Issuer, Verifier

CLOCK = SystemClock()


@pytest.fixture(params=["a file each", "secrets.json alone"])
def folder(request, tmp_path):
    if request.param == "a file each":
        make_files(tmp_path)
    else:
        load_secrets(tmp_path)
    return tmp_path


def text(folder, name):
    """Return a secret as services get it: from its file, or as `make up` gives it."""
    if (folder / name).exists():
        return (folder / name).read_text()
    kept = getattr(load_secrets(folder), name)
    return kept if isinstance(kept, str) else json.dumps(kept)


def token(folder):
    """Make a token as a chat would that starts now."""
    keys = json.loads(text(folder, "token_verify_keys"))
    issuer = Issuer(text(folder, "token_signing_key"), verify_keys=keys, clock=CLOCK)
    return issuer.issue(sub="user", sid="sign-in", name="ann", staff=False)


def believes(folder, *tokens):
    """Return which tokens a service believes that starts now."""
    verifier = Verifier(json.loads(text(folder, "token_verify_keys")), clock=CLOCK)

    def is_believed(one):
        try:
            verifier.verify(one)
        except Unauthenticated:
            return False
        return True

    return [is_believed(one) for one in tokens]


def step(folder, name):
    return signing_key.main([str(folder), name])


def test_at_each_step_all_is_believed_that_may_still_be_signed(folder):
    old = token(folder)

    assert step(folder, "begin") == 0
    still_old = token(folder)
    believed_before = json.loads(text(folder, "token_verify_keys"))
    assert step(folder, "switch") == 0
    new = token(folder)

    assert Verifier(believed_before, clock=CLOCK).verify(new).sub == "user"
    assert believes(folder, old, still_old, new) == [True, True, True]
    assert step(folder, "end") == 0
    assert believes(folder, old, still_old, new) == [False, False, True]


def test_after_a_leak_the_old_one_is_worth_nothing_at_once(folder):
    old = token(folder)
    step(folder, "begin")

    assert step(folder, "replace") == 0

    assert believes(folder, old, token(folder)) == [False, True]
    assert not (folder / signing_key.NEXT).exists()


def test_nothing_else_is_changed_and_secrets_stay_as_readable_as_they_were(folder):
    before = {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir()}
    others = load_secrets(folder)

    for each in ("begin", "switch", "end"):
        step(folder, each)

    after = {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir()}
    changed = {name for name in after if after[name] != before[name]}
    assert after.keys() == before.keys()
    assert {name: mode for name, (_, mode) in after.items()} == {
        name: mode for name, (_, mode) in before.items()
    }
    assert changed == after.keys() & {SECRETS_FILE, "token_signing_key", "token_verify_keys"}
    assert load_secrets(folder).secret_key == others.secret_key
    assert text(folder, "token_signing_key") == load_secrets(folder).token_signing_key


@pytest.mark.parametrize(
    ("steps", "wrong"), [([], "switch"), (["begin"], "begin"), (["begin"], "end")]
)
def test_no_step_is_left_out_or_made_twice(folder, steps, wrong):
    for each in steps:
        step(folder, each)
    before = text(folder, "token_verify_keys")

    assert step(folder, wrong) == signing_key.FAILED
    assert text(folder, "token_verify_keys") == before


@pytest.mark.parametrize("arguments", [[], ["here"], ["/nowhere", "begin"]])
def test_who_does_not_know_how_is_told(arguments, capsys):
    assert signing_key.main(arguments) == signing_key.MISUSED
    assert "begin|switch|end|replace" in capsys.readouterr().err


def test_a_key_of_another_kind_is_named_and_nothing_is_changed(tmp_path, capsys):
    make_files(tmp_path)
    key = tmp_path / "token_signing_key"
    key.chmod(0o600)
    key.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    before = text(tmp_path, "token_verify_keys")

    status = signing_key.main([str(tmp_path), "end"])

    assert status == signing_key.FAILED
    assert "no Ed25519 key" in capsys.readouterr().err
    assert text(tmp_path, "token_verify_keys") == before
