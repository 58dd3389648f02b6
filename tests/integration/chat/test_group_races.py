"""Many change one group at once, on two processes."""

import asyncio
import random

import pytest

from tests.integration.chat.groups import (
    everywhere,
    group_with_all_roles,
    opened,
    roles,
    until_had,
    version,
)
from tests.integration.chat.world import message_frame

AUDIT = """
    create table audit (room_id uuid, what text, txid bigint default txid_current());
    create function audit_member() returns trigger language plpgsql as $$ begin
        insert into audit values (coalesce(new.room_id, old.room_id), 'change'); return null;
    end $$;
    create function audit_room() returns trigger language plpgsql as $$ begin
        insert into audit values (new.id, 'change'); return null;
    end $$;
    create function audit_outbox() returns trigger language plpgsql as $$ begin
        insert into audit select unnest(new.subjects), new.event; return null;
    end $$;
    create trigger audited after insert or update or delete on member
        for each row execute function audit_member();
    create trigger audited after update on room for each row
        when ((old.name, old.open_history) is distinct from (new.name, new.open_history))
        execute function audit_room();
    create trigger audited after insert on outbox
        for each row execute function audit_outbox();
"""
"""Notes every transaction that changed a room's members or settings, and every announcement."""


NO_AUDIT = """
    drop trigger audited on member; drop trigger audited on room; drop trigger audited on outbox;
    drop function audit_member; drop function audit_room; drop function audit_outbox;
    drop table audit;
"""


async def test_members_are_added_and_removed_exactly_once_however_many_ask_at_once(world):
    owner, *others = world.people(11)
    room = await opened(world, owner)
    path = f"/rooms/{room}/members"

    async with everywhere(world, [owner]) as doors:
        added = await asyncio.gather(
            *(
                until_had(http.post, path, json={"members": [o.id]})
                for o in others
                for http in doors * 3
            )
        )
        after_adding = (len(roles(world, room)), version(world, room))
        removed = await asyncio.gather(
            *(until_had(http.delete, f"{path}/{o.id}") for o in others for http in doors * 3)
        )

    assert {answer.status_code for answer in added} == {200}
    assert after_adding == (11, 11)
    assert {answer.status_code for answer in removed} == {204}
    assert (roles(world, room), version(world, room)) == ({owner.id: "owner"}, 21)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_version_counts_exactly_what_changed_and_there_is_one_owner(world, seed):
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret

    with world.changed(do=AUDIT, undo=NO_AUDIT):
        room, people = await group_with_all_roles(world)
        async with everywhere(world, people) as doors:
            answers = [
                answer
                for _ in range(3)
                for answer in await asyncio.gather(
                    *(
                        chance.choice(CHANGES)(chance, chance.choice(doors), room, people)
                        for _ in range(50)
                    )
                )
            ]
        # The first one opened it.
        changed = world.rows(
            "select count(distinct txid) - 1 from audit where room_id = %s and what = 'change'",
            room,
        )
        told = world.rows(
            "select count(*) - 1 from audit where room_id = %s and what = 'room.changed'", room
        )

    assert {answer.status_code for answer in answers} <= {200, 204, 403, 404, 503}
    present = roles(world, room)
    assert list(present.values()).count("owner") == (1 if present else 0)
    assert changed == told == [(version(world, room) - 1,)]
    assert version(world, room) > 10


async def test_nothing_that_a_member_writes_stands_above_their_removal(world):
    alice, bob = world.people(2)
    room = await opened(world, alice)
    path = f"/rooms/{room}/members"
    spans, acks = [], []

    async with (
        world.http(alice, url=world.chats[1]) as http,
        world.client(bob, url=world.chats[0]) as client,
    ):
        for _ in range(15):
            await until_had(http.post, path, json={"members": [bob.id]})
            frames = [message_frame(room, "now or never") for _ in range(20)]
            sending = [asyncio.create_task(client.ask(frame)) for frame in frames]
            await sending[0]
            removed = await until_had(http.delete, f"{path}/{bob.id}")
            answers = await asyncio.gather(*sending)
            assert removed.status_code == 204
            spans += world.rows(
                "select joined_seq, left_seq from member where room_id = %s and user_id = %s",
                *(room, bob.id),
            )
            acks.append([answer["seq"] for answer in answers if answer["type"] == "ack"])
            refusals = [answer for answer in answers if answer["type"] == "error"]
            assert {refusal["code"] for refusal in refusals} <= {"permission_denied"}

    stored = [row[0] for row in world.stored(room)]
    assert stored == sorted(seq for each in acks for seq in each)
    for (joined_seq, left_seq), seqs in zip(spans, acks, strict=True):
        assert sorted(seqs) == list(range(joined_seq + 1, left_seq + 1))


def _add(chance, http, room, people):
    wanted = chance.sample(people, k=chance.randint(1, 3))
    return http.post(f"/rooms/{room}/members", json={"members": [each.id for each in wanted]})


def _remove(chance, http, room, people):
    return http.delete(f"/rooms/{room}/members/{chance.choice(people).id}")


def _promote(chance, http, room, people):
    role = chance.choice(["owner", "admin", "member"])
    return http.patch(f"/rooms/{room}/members/{chance.choice(people).id}", json={"role": role})


def _rename(chance, http, room, _people):
    change = {"name": chance.choice("ABCDEFGH"), "open_history": chance.random() < 0.5}
    return http.patch(f"/rooms/{room}", json=change)


CHANGES = [_add, _add, _remove, _promote, _promote, _rename]
