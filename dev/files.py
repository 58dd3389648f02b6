"""Small files that are always whole and private: records, states, secrets.

A reader sees the old content or the new one, never a half; nobody but the owner sees either.
"""

import json
import os
from pathlib import Path
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Replace the file by ``value`` as JSON, readable by its owner only."""
    write_private(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Return what the file holds, or None where there is none or it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def make_private_folder(path: Path) -> None:
    """Make the folder and its missing parents; only the owner may look into it."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
