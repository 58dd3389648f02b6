"""Many people in groups, written into a suite's database at once: signing up is not the load."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import psycopg2
from psycopg2.extras import execute_values

from dev.harness import RunningSuite
from dev.keys import load_secrets
from libs.common.clock import SystemClock
from libs.common.tokens import Issuer


@dataclass(frozen=True, slots=True)
class Somebody:
    """A user who is signed in, and who shares a group, ``room``, with ``acquaintances`` others."""

    id: str
    room: str
    token: str
    acquaintances: int


def crowd(suite: RunningSuite, *, people: int, group: int) -> list[Somebody]:
    """Make people, each in one group of so many; the last group may be smaller."""
    secrets = load_secrets(suite.run_dir)
    issuer = Issuer(
        secrets.token_signing_key, verify_keys=secrets.token_verify_keys, clock=SystemClock()
    )
    made: list[Somebody] = []
    with closing(psycopg2.connect(suite.state.database_urls["chat"])) as connection, connection:
        cursor = connection.cursor()
        for size in _sizes(people, group):
            users = [str(uuid.uuid4()) for _ in range(size)]
            sids = [str(uuid.uuid4()) for _ in users]
            room = str(uuid.uuid4())
            execute_values(
                cursor,
                "insert into chat_user (id, username, display_name, password, is_active, is_staff,"
                " is_superuser) values %s",
                [(user, user[:32], "Somebody", "!", True, False, False) for user in users],
            )
            execute_values(
                cursor,
                "insert into sign_in (id, user_id, session_key, user_agent) values %s",
                [(sid, user, "", "") for sid, user in zip(sids, users, strict=True)],
            )
            cursor.execute(
                "insert into room (id, kind, name, open_history, version, last_seq)"
                " values (%s, 'group', 'A crowd', false, 1, 0)",
                [room],
            )
            execute_values(
                cursor,
                "insert into member (room_id, user_id, role, joined_seq, delivered_seq, read_seq)"
                " values %s",
                [(room, user, "member", 0, 0, 0) for user in users],
            )
            made += [
                Somebody(
                    user, room, issuer.issue(sub=user, sid=sid, name="", staff=False), size - 1
                )
                for user, sid in zip(users, sids, strict=True)
            ]
    return made


def _sizes(people: int, group: int) -> Iterator[int]:
    for start in range(0, people, group):
        yield min(group, people - start)
