"""``python -m dev.containers.signing_key FOLDER STEP``: another key for access tokens, in three steps.

``begin`` makes a key and lets its tokens be believed, ``switch`` signs with it, ``end`` believes the
old one no more. Between two of them the services are started again, so that at no time a token is
made that somebody does not believe yet. After a leak ``replace`` does all at once.

The folder is one of `make secrets`, with a file for each secret, or the run folder of `make up`, which
has ``secrets.json`` alone. Nothing else in it is changed.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from dev.containers.secrets import READABLE
from dev.files import PRIVATE_FILE, write_json, write_private
from dev.keys import SECRETS_FILE, load_secrets, make_signing_key

SIGNING, VERIFY = "token_signing_key", "token_verify_keys"
NEXT = "token_signing_key.next"
"""The key between ``begin`` and ``switch``; no container is given it."""
FAILED, MISUSED = 1, 2


class OutOfTurn(Exception):
    """The step before it was not made, or this one was."""


class NoSuchKey(Exception):
    """What stands there is no key that chat can sign with."""


def begin(folder: Path) -> str:
    """Make a key; its public half stands beside the present ones."""
    if (folder / NEXT).exists():
        raise OutOfTurn(f"{NEXT} is there already: switch to it, or remove it.")
    key, public = make_signing_key()
    write_private(folder / NEXT, key)
    _write(folder, verify=_verify_keys(folder) | public)
    return "Start all services again, then: switch."


def switch(folder: Path) -> str:
    """Sign with the key of ``begin``."""
    if not (folder / NEXT).exists():
        raise OutOfTurn(f"There is no {NEXT}: begin first.")
    _write(folder, signing=(folder / NEXT).read_text(encoding="utf-8"))
    (folder / NEXT).unlink()
    return "Start chat again; 11 minutes later: end."


def end(folder: Path) -> str:
    """Believe the present key alone."""
    if (folder / NEXT).exists():
        raise OutOfTurn(f"{NEXT} is there still: switch to it first.")
    own = _public(_text(folder, SIGNING))
    kept = {kid: pem for kid, pem in _verify_keys(folder).items() if _loaded(pem) == own}
    _write(folder, verify=kept)
    return "Start all services again: that was all."


def replace_at_once(folder: Path) -> str:
    """Sign with a new key, and believe no other."""
    (folder / NEXT).unlink(missing_ok=True)
    key, public = make_signing_key()
    _write(folder, signing=key, verify=public)
    return "Start all services again, at once. Who has a token and no session signs in again."


STEPS: dict[str, Callable[[Path], str]] = {
    "begin": begin,
    "switch": switch,
    "end": end,
    "replace": replace_at_once,
}


def main(arguments: Sequence[str]) -> int:
    """Make a step; return the exit status."""
    match arguments:
        case [name, step] if step in STEPS and (Path(name) / SECRETS_FILE).exists():
            folder = Path(name)
        case _:
            sys.stderr.write(f"python -m dev.containers.signing_key FOLDER {'|'.join(STEPS)}\n")
            return MISUSED
    try:
        sys.stdout.write(f"{STEPS[step](folder)}\n")
    except (OutOfTurn, NoSuchKey) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


def _write(folder: Path, *, signing: str = "", verify: dict[str, str] | None = None) -> None:
    secrets = load_secrets(folder)
    signing = signing or _text(folder, SIGNING)
    verify = verify or _verify_keys(folder)
    changed = replace(secrets, token_signing_key=signing, token_verify_keys=verify)
    write_json(folder / SECRETS_FILE, asdict(changed))
    for name, text in ((SIGNING, signing), (VERIFY, json.dumps(verify))):
        path = folder / name
        # Into the file and not in its place: a container sees the one that it was given.
        if path.exists() and path.read_text(encoding="utf-8") != text:
            path.chmod(PRIVATE_FILE)
            path.write_text(text, encoding="utf-8")
            path.chmod(READABLE)


def _text(folder: Path, name: str) -> str:
    path = folder / name
    if path.exists():
        return path.read_text(encoding="utf-8")
    kept = asdict(load_secrets(folder))[name]
    return kept if isinstance(kept, str) else json.dumps(kept)


def _verify_keys(folder: Path) -> dict[str, str]:
    keys: dict[str, str] = json.loads(_text(folder, VERIFY))
    return keys


def _public(pem: str) -> object:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise NoSuchKey(f"{SIGNING} is no Ed25519 key: replace it, which makes one.")
    return key.public_key()


def _loaded(pem: str) -> object:
    return load_pem_public_key(pem.encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
