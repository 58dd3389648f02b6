"""Whom PostgreSQL runs as, and what that account can reach.

PostgreSQL refuses to run as root. As root we run it as an unprivileged account, which can enter
only what every parent folder lets it enter: a repository below a closed home is out of its reach.
"""

import os
import pwd
import stat
from pathlib import Path

from dev.process import Account

UNPRIVILEGED = "nobody"
READ_AND_ENTER = 0o5
ENTER = 0o1


def account_for(data: Path) -> Account | None:
    """Return whom to run the server as: None for ourselves, unless we are root.

    Data that exist keep their owner, whoever started the suite first.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    user = pwd.getpwnam(UNPRIVILEGED)
    return Account(uid=user.pw_uid, gid=user.pw_gid)


def can_enter(folder: Path, account: Account | None) -> bool:
    """Say whether the account may enter the folder, judged by owners and modes alone."""
    return account is None or all(
        _allows(path.stat(), account, ENTER)
        for path in (folder.resolve(), *folder.resolve().parents)
    )


def can_use(path: Path, account: Account | None) -> bool:
    """Say whether the account may read a file and run it, or list a folder and enter it."""
    if account is None:
        return True
    return can_enter(path.parent, account) and _allows(path.stat(), account, READ_AND_ENTER)


def _allows(found: os.stat_result, account: Account, wanted: int) -> bool:
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid == account.uid:
        return (mode >> 6) & wanted == wanted
    if found.st_gid == account.gid:
        return (mode >> 3) & wanted == wanted
    return mode & wanted == wanted
