"""Rules of rooms that need no database."""

from libs.common.errors import BadFrame


def direct_key(one: str, other: str) -> str:
    """Return what two people's direct room is found by, whoever of them asks.

    Raises:
        BadFrame: it is one person only.
    """
    if one == other:
        raise BadFrame(fields={"members": ["A direct room needs somebody else."]})
    return ":".join(sorted((one, other)))
