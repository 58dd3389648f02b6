"""What the environment says, read once at the start."""

import os
from dataclasses import dataclass
from typing import Self

LOCAL_URL = "http://127.0.0.1:8000"
"""Where a suite of this machine is served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The variables that this program looks at.

    Attributes:
        url: PARLEY_URL, where no ``--url`` is given.
        password: PARLEY_PASSWORD, so that a script need not type it.
        token: PARLEY_TOKEN, which is kept out of the list of processes, unlike ``--token``.
        colors: NO_COLOR is not set. Source: no-color.org.
        dumb: the terminal can only write line after line.
    """

    url: str = LOCAL_URL
    password: str = ""
    token: str = ""
    colors: bool = True
    dumb: bool = False

    @classmethod
    def read(cls) -> Self:
        """Read the environment."""
        return cls(
            url=os.environ.get("PARLEY_URL") or LOCAL_URL,
            password=os.environ.get("PARLEY_PASSWORD", ""),
            token=os.environ.get("PARLEY_TOKEN", ""),
            colors=not os.environ.get("NO_COLOR"),
            dumb=os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""),
        )
