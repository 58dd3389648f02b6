"""Rows of every table of each service, as each state of its schema has them.

A statement stands under the migration with which it became possible and necessary, and is written
as the code of that time writes: it also is what old processes do while a new schema is rolled out.
``names`` tells several runs in one database apart.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence

from psycopg2 import extensions

Statements = Sequence[str]

PEOPLE_AND_PLACES = ("ann", "bob", "room", "sid")


def names(tag: str) -> Mapping[str, str]:
    """Return what the statements call things in one run: the tag, and ids made from it."""
    ids = {name: str(uuid.uuid5(uuid.NAMESPACE_OID, tag + name)) for name in PEOPLE_AND_PLACES}
    return {"tag": tag, **ids}


CHAT: Mapping[str, Statements] = {
    "0001_initial": [
        """insert into chat_user
            (id, username, display_name, password, is_active, is_staff, is_superuser)
            values (%(ann)s::uuid, %(tag)s || 'ann', 'Ann', '!', true, true, false),
                   (%(bob)s::uuid, %(tag)s || 'bob', 'Böb', '!', false, false, false)""",
        """insert into sign_in (id, user_id, session_key, user_agent, revoked_at)
            values (%(sid)s::uuid, %(ann)s::uuid, 'key', 'a browser', now())""",
        "insert into auth_group (name) values (%(tag)s)",
        """insert into chat_user_groups (user_id, group_id)
            select %(ann)s::uuid, id from auth_group where name = %(tag)s""",
        """insert into django_content_type (app_label, model) values (%(tag)s, 'thing')""",
        """insert into auth_permission (name, codename, content_type_id)
           select 'May', 'may', id from django_content_type where app_label = %(tag)s""",
        """insert into auth_group_permissions (group_id, permission_id)
           select g.id, p.id from auth_group g, auth_permission p
            where g.name = %(tag)s and p.codename = 'may' limit 1""",
        """insert into chat_user_user_permissions (user_id, permission_id)
            select %(ann)s::uuid, id from auth_permission where codename = 'may' limit 1""",
        """insert into room (id, kind, name, direct_key, open_history, version, last_seq)
            values (%(room)s::uuid, 'direct', '', %(tag)s || 'ann:bob', false, 3, 2)""",
        """insert into member
            (room_id, user_id, role, joined_seq, left_seq, delivered_seq, read_seq)
            values (%(room)s::uuid, %(ann)s::uuid, 'owner', 0, null, 2, 1),
                   (%(room)s::uuid, %(bob)s::uuid, 'member', 1, 2, 1, 1)""",
        """insert into message (room_id, seq, sender_id, client_id, content, reply_to, created_at)
            values (%(room)s::uuid, 1, %(ann)s::uuid, gen_random_uuid(), 'first', null, now()),
                   (%(room)s::uuid, 2, %(bob)s::uuid, gen_random_uuid(), 'sécond 🙂', 1, now())""",
        """insert into outbox (event, subjects, first_seqs, last_seqs)
            values ('message.created', array[%(room)s::uuid], array[1], array[2]),
                   ('user.revoked', array[%(ann)s::uuid, %(sid)s::uuid], '{}', '{}')""",
    ],
    "0003_identities_and_tickets": [
        """insert into external_identity (user_id, issuer, subject)
            values (%(ann)s::uuid, 'https://issuer', %(tag)s)""",
        "insert into used_ticket (id, expires_at) values (%(sid)s::uuid, now())",
        "update room set version = version + 1, changed_at = now() where id = %(room)s::uuid",
    ],
    "0004_safe_point": [
        "insert into safe_point (id, reached_at) values (1, now()) on conflict (id) do nothing",
    ],
    "0005_receipts": [
        "insert into room_marks (room_id, version) values (%(room)s::uuid, 1)",
        "update member set shown_read_seq = 0 where room_id = %(room)s::uuid",
    ],
    "0006_shown_version": [
        "update room_marks set shown_version = 1 where room_id = %(room)s::uuid",
    ],
    "0007_last_seen": [
        """update chat_user set last_seen = 'contacts', profile_version = profile_version + 1
            where id = %(ann)s::uuid""",
    ],
    "0008_audit": [
        """insert into audit_entry (action, actor_id, subject_id, room_id, sid, address, details)
            values ('member_added', %(ann)s::uuid, %(bob)s::uuid, %(room)s::uuid, null,
                    '192.0.2.1', '{}'),
                   ('sign_in_failed', null, null, null, null, '2001:db8::1', '{}'),
                   ('signed_in', %(ann)s::uuid, %(ann)s::uuid, null, %(sid)s::uuid, '',
                    '{"why": "x"}')""",
    ],
    "0011_avatars": [
        """insert into avatar (user_id, version, content)
            values (%(ann)s::uuid, '0123456789abcdef', 'RIFF')""",
        "update chat_user set avatar_version = '0123456789abcdef' where id = %(ann)s::uuid",
    ],
}

PRESENCE: Mapping[str, Statements] = {
    "0001_initial": [
        "insert into room (id, version, is_direct) values (%(room)s::uuid, 3, true)",
        """insert into member (room_id, user_id)
            values (%(room)s::uuid, %(ann)s::uuid), (%(room)s::uuid, %(bob)s::uuid)""",
        """insert into privacy (user_id, last_seen, version)
            values (%(ann)s::uuid, 'contacts', 1)""",
        """insert into user_status (user_id, is_online, last_seen, last_activity,
                                    active_connections, last_ping, changed_ms)
            values (%(ann)s::uuid, true, now(), now(), 2, now(), 1764360000000),
                   (%(bob)s::uuid, false, null, null, 0, null, 1764360000000)""",
    ],
}

QUEUE: Mapping[str, Statements] = {
    "0001_initial": [
        "insert into room (id, version, is_direct, head) values (%(room)s::uuid, 3, true, 9)",
        """insert into member (room_id, user_id)
            values (%(room)s::uuid, %(ann)s::uuid), (%(room)s::uuid, %(bob)s::uuid)""",
        """insert into queued_message
            (queue_type, room_id, recipient_id, from_seq, to_seq, created_at, max_retries,
             is_processed, finished_at, ending)
            values ('incoming', %(room)s::uuid, %(bob)s::uuid, 4, 9, now(), 3, false, null, ''),
                   ('incoming', %(room)s::uuid, %(ann)s::uuid, 9, 9, now(), 3, true, now(),
                    'received')""",
        """insert into queued_message
            (queue_type, room_id, sender_id, recipient_id, client_id, content, reply_to,
             created_at, next_retry_at)
            values ('outgoing', %(room)s::uuid, %(ann)s::uuid, %(bob)s::uuid, gen_random_uuid(),
                    'sécond 🙂', 1, now(), now()),
                   ('retry', %(room)s::uuid, %(ann)s::uuid, %(bob)s::uuid, gen_random_uuid(),
                    'third', null, now(), null)""",
        """insert into chat_session (id, user_id, process, n, offers, offer_at)
            values (%(sid)s::uuid, %(ann)s::uuid, %(tag)s, 7, 1, now())""",
        "insert into chat_process (name, heard_at) values (%(tag)s, now())",
        "insert into head_mark (room_id, at, head) values (%(room)s::uuid, now(), 9)",
        "insert into expired (user_id, total) values (%(bob)s::uuid, 12)",
        """insert into outbox (messages)
            select array_agg(id) from queued_message where room_id = %(room)s::uuid""",
    ],
    "0003_web_push": [
        """insert into push_subscription
            (user_id, sid, endpoint, host, p256dh, auth, refreshed_at, expires_at)
            values (%(bob)s::uuid, %(sid)s::uuid, 'https://push.example/' || %(tag)s, 'push.example',
                    'point', 'secret', now(), now())""",
        """insert into web_push (room_id, subscription_id, pushed_seq, pushed_at, due_at, tries)
            select %(room)s::uuid, id, 4, now(), now(), 1 from push_subscription
             where endpoint = 'https://push.example/' || %(tag)s""",
        "insert into ended_sign_in (sid, ended_at) values (%(sid)s::uuid, now())",
    ],
}

RECEIPTS: Mapping[str, Statements] = {
    "0001_initial": [
        """insert into room (id, version, open_history, head, judged_head)
            values (%(room)s::uuid, 3, true, 9, 7)""",
        """insert into watermark (room_id, user_id, present, joined_seq,
                                  delivered_seq, read_seq, shown_read_seq)
            values (%(room)s::uuid, %(ann)s::uuid, true, 1, 9, 8, 7),
                   (%(room)s::uuid, %(bob)s::uuid, false, 0, 4, 0, 0)""",
        "insert into own_seq (room_id, user_id, seq, is_private)"
        " values (%(room)s::uuid, %(bob)s::uuid, 9, false)",
        """insert into advance (room_id, user_id, delivered_from, delivered_seq, read_from, read_seq,
                                shown_from, shown_read_seq, claimed_at)
            values (%(room)s::uuid, %(ann)s::uuid, 1, 9, 1, 8, 1, 7, now()),
                   (%(room)s::uuid, %(bob)s::uuid, 0, 4, 0, 0, 0, 0, null)""",
        """insert into laggard (room_id, user_id, told_seq, moved)
            values (%(room)s::uuid, %(bob)s::uuid, 4, false)""",
        """insert into outbox (event, rooms, users)
            values ('watermarks.advanced', array[%(room)s::uuid], array[%(ann)s::uuid]),
                   ('lag.judged', array[%(room)s::uuid], array[null::uuid])""",
        "insert into safe_point (id, reached_at) values (1, now()) on conflict (id) do nothing",
    ],
}

ROWS: Mapping[str, Mapping[str, Statements]] = {
    "chat": CHAT,
    "presence": PRESENCE,
    "queue": QUEUE,
    "receipts": RECEIPTS,
}
"""By service, and by the name of the migration."""


def send_a_message(cursor: extensions.cursor, tag: str) -> None:
    """Write one message as the writer does, to the room that ``CHAT`` made."""
    cursor.execute(
        """select s.bases, s.versions, s.outbox_id, s.not_new
              from send_messages(array[%(room)s::uuid], true, array[1], array[%(ann)s::uuid],
                                 array[gen_random_uuid()], array['third'], array[null::bigint],
                                 '{}') s""",
        names(tag),
    )
    (bases, _, outbox_id, not_new) = cursor.fetchone() or ()
    assert (bases, not_new) == ([2], None)
    cursor.execute("select first_seqs, last_seqs from outbox where id = %s", [outbox_id])
    assert cursor.fetchone() == ([3], [3])
    cursor.execute(
        "select content from message where room_id = %(room)s::uuid and seq = 3", names(tag)
    )
    assert cursor.fetchone() == ("third",)


def see_somebody_go(cursor: extensions.cursor, tag: str) -> None:
    """Write a status as the writer does, where nothing newer is written; then look who may see it."""
    for changed_ms in (1764360000001, 1764360000000):
        cursor.execute(
            """insert into user_status (user_id, is_online, last_seen, active_connections, changed_ms)
                values (%(ann)s::uuid, false, '2025-11-28T20:00:00Z', 0, %(changed_ms)s)
                    on conflict (user_id) do update
                   set is_online = excluded.is_online, changed_ms = excluded.changed_ms,
                       last_seen = greatest(user_status.last_seen, excluded.last_seen)
                 where user_status.changed_ms <= excluded.changed_ms""",
            {**names(tag), "changed_ms": changed_ms},
        )
    cursor.execute(
        """select status.is_online, status.changed_ms, room.is_direct, privacy.last_seen
              from member own
              join member other on other.room_id = own.room_id and other.user_id <> own.user_id
              join room on room.id = own.room_id
              join user_status status on status.user_id = other.user_id
              left join privacy on privacy.user_id = other.user_id
             where own.user_id = %(bob)s::uuid""",
        names(tag),
    )
    assert cursor.fetchall() == [(False, 1764360000001, True, "contacts")]


def fold_lag_and_submit(cursor: extensions.cursor, tag: str) -> None:
    """Raise how far somebody is, as news of it do, and take a message that is due."""
    cursor.execute(
        """insert into queued_message as row
                  (queue_type, room_id, recipient_id, from_seq, to_seq, created_at, max_retries,
                   is_processed, ending)
            values ('incoming', %(room)s::uuid, %(bob)s::uuid, 6, 8, now(), 3, false, '')
                on conflict (room_id, recipient_id) where queue_type = 'incoming' do update
               set from_seq = greatest(row.from_seq, excluded.from_seq),
                   to_seq = greatest(row.to_seq, excluded.to_seq)
            returning from_seq, to_seq, is_processed""",
        names(tag),
    )
    assert cursor.fetchone() == (6, 9, False)
    cursor.execute(
        """update queued_message set attempts = attempts + 1
            where room_id = %(room)s::uuid and next_retry_at <= now() and not is_processed
        returning content, attempts, retry_count, max_retries""",
        names(tag),
    )
    assert cursor.fetchall() == [("sécond 🙂", 1, 0, 3)]


def fold_a_claim(cursor: extensions.cursor, tag: str) -> None:
    """Raise a watermark as the folder does, past the message of its member's own."""
    cursor.execute(
        """select f.raised, f.delivered, f.read, f.shown
              from fold_receipts(array[%(room)s::uuid], array[9::bigint], array[%(room)s::uuid],
                                 array[%(bob)s::uuid], array[1], array[8::bigint],
                                 array[8::bigint], array[8::bigint], array[null::bigint],
                                 '{}', '{}', '{}', '{}') f""",
        names(tag),
    )
    assert cursor.fetchone() == ([1], [9], [9], [9])
    cursor.execute(
        "select moved from laggard where room_id = %(room)s::uuid and user_id = %(bob)s::uuid",
        names(tag),
    )
    assert cursor.fetchone() == (True,)


PROOFS: Mapping[str, Callable[[extensions.cursor, str], None]] = {
    "chat": send_a_message,
    "presence": see_somebody_go,
    "queue": fold_lag_and_submit,
    "receipts": fold_a_claim,
}
"""By service: shows that it can do its work on the newest schema."""
