"""Who learns when somebody was there last. Presence judges the same over HTTP, by a rule of its own."""

from libs.common.events import LastSeenTo


def may_see_last_seen(*, viewer: LastSeenTo, owner: LastSeenTo, are_contacts: bool) -> bool:
    """Tell whether one person learns when another one was there last.

    It is mutual: whoever does not show it to somebody is not shown it either.

    Args:
        viewer: to whom the one that looks shows theirs.
        owner: to whom the other one does.
        are_contacts: whether the two have a direct room.
    """
    return all(who == "everyone" or (who == "contacts" and are_contacts) for who in (viewer, owner))
