"""Who signed in, and who came into and left which rooms, is noted with the change, or not at all."""

import json
import uuid

import httpx
import pytest
from django.db import transaction

from services.chat.actions.audit import Action, entry, note
from services.chat.actions.rooms import add_members, open_group, remove_member
from services.chat.models import AuditEntry
from tests.integration.admin_visit import Visit, visiting
from tests.integration.chat.groups import opened
from tests.integration.chat.signing_in import PASSWORD, browser, manage, new_name
from tests.integration.chat.test_exchange import exchanging
from tests.integration.chat.world import WITHIN_S

NOWHERE = ""
SELECT = (
    "select action, actor_id::text, subject_id::text, details from audit_entry where {} order by id"
)


def address():
    """Return an address that no other test has."""
    return f"2001:db8::{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"


def noted(world, where, *parameters):
    """Return (action, actor, subject, details) of entries, in their order."""
    return [tuple(row) for row in world.rows(SELECT.format(where), *parameters)]


def of_room(world, room):
    return noted(world, "room_id = %s", room)


def of_address(world, where):
    return noted(world, "address = %s", where)


def signing_in_from(world, where):
    """Return a client at an address, straight to a process of chat."""
    return httpx.AsyncClient(
        base_url=f"{world.chats[0]}/api/chat",
        headers={"X-Forwarded-For": where},
        timeout=WITHIN_S,
    )


async def test_a_life_of_signing_in_and_out_is_noted_with_its_address(world):
    name, here = new_name(), address()
    account = {"username": name, "password": PASSWORD}
    async with signing_in_from(world, here) as http:
        user = (await http.post("/auth/register", json=account)).json()["user"]["id"]
        token = (await http.post("/auth/token", json=account)).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        await http.post("/auth/logout", json={"everywhere": True}, headers=bearer)

    found = noted(world, "address = %s and subject_id = %s", here, user)
    assert [(action, actor) for action, actor, _, _ in found[:3]] == [
        ("registered", user),
        ("signed_in", user),
        ("signed_in", user),
    ]
    assert sorted(action for action, *_ in found[3:]) == ["session_ended", "signed_out"]
    assert PASSWORD not in str(world.rows("select details from audit_entry"))


async def test_another_sign_in_that_is_ended_is_not_one_that_signed_out(world):
    name = new_name()
    async with browser(world) as one, browser(world) as other:
        user = (await one.register(name))["user"]["id"]
        await other.login(name)
        sid = await other.sid()
        await one.http.delete(f"/sessions/{sid}")

    assert noted(world, "sid = %s", sid) == [
        ("signed_in", user, user, {}),
        ("session_ended", user, user, {}),
    ]


async def test_who_signs_in_over_somebody_ends_their_sign_in(world):
    ann, bob = new_name(), new_name()
    async with browser(world) as page:
        first = (await page.register(ann))["user"]["id"]
        sid = await page.sid()
        second = (await page.register(bob))["user"]["id"]

    assert noted(world, "sid = %s", sid)[-1] == (
        "session_ended",
        second,
        first,
        {"why": "replaced"},
    )


async def test_a_failed_sign_in_is_noted_by_the_id_of_whose_name_it_was(world):
    ann, here = world.person(), address()
    async with signing_in_from(world, here) as http:
        wrong = {"username": ann.username.upper(), "password": "not the right one"}
        answer = await http.post("/auth/token", json=wrong)

    assert answer.status_code == 401
    assert of_address(world, here) == [("sign_in_failed", None, ann.id, {})]


async def test_what_was_typed_as_a_name_that_nobody_has_is_kept_nowhere(world):
    typed, here = f"hunter{uuid.uuid4().hex[:12]}", address()
    async with signing_in_from(world, here) as http:
        await http.post("/auth/login", json={"username": typed, "password": "x" * 12})

    rows = world.rows("select audit_entry::text from audit_entry where address = %s", here)
    assert of_address(world, here) == [("sign_in_failed", None, None, {})]
    assert not any(typed in text for (text,) in rows)


async def test_a_guesser_gets_no_more_rows_than_the_throttle_lets_pass(world):
    ann, here = world.person(), address()
    async with signing_in_from(world, here) as http:
        wrong = {"username": ann.username, "password": "not the right one"}
        answers = [(await http.post("/auth/token", json=wrong)).status_code for _ in range(14)]

    assert answers.count(429) > 0
    assert len(of_address(world, here)) == answers.count(401)


async def test_people_of_another_system_are_noted_once_and_their_sign_ins_each_time(world):
    token, here = world.issuer.token(name="Ada"), address()
    async with exchanging(world.chats[0], address=here) as http:
        for _ in range(2):
            await http.post("/api/chat/auth/exchange", json={"token": token})
        await http.post("/api/chat/auth/exchange", json={"token": "junk"})

    found = of_address(world, here)
    assert [(action, details) for action, _, _, details in found] == [
        ("exchanged", {"issuer": world.issuer.url}),
        ("signed_in", {}),
        ("signed_in", {}),
        ("sign_in_failed", {"by": "exchange"}),
    ]


def test_the_commands_note_whom_they_shut_out_and_only_where_that_changes_anything(world):
    ann = world.person()

    for command in ("deactivate", "deactivate", "reactivate", "reactivate"):
        manage(world, command, ann.username)

    assert noted(world, "subject_id = %s", ann.id) == [
        ("deactivated", None, ann.id, {}),
        ("session_ended", None, ann.id, {"why": "deactivated"}),
        ("reactivated", None, ann.id, {}),
    ]


def test_staff_made_from_a_shell_is_noted(world):
    name = new_name()

    manage(
        world,
        "createsuperuser",
        "--noinput",
        "--username",
        name,
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )

    [(user,)] = world.rows("select id::text from chat_user where username = %s", name)
    assert noted(world, "subject_id = %s", user) == [("registered", None, user, {"staff": True})]


async def test_the_history_of_a_group_is_noted_without_its_name(world):
    ann, bob, eve = world.people(3)
    room = await opened(world, ann, bob, name="A secret name")
    async with world.http(ann) as http, world.http(bob) as bobs:
        await http.patch(f"/rooms/{room}", json={"name": "Another", "open_history": True})
        await http.post(f"/rooms/{room}/members", json={"members": [eve.id, bob.id]})
        await http.patch(f"/rooms/{room}/members/{bob.id}", json={"role": "admin"})
        await http.patch(f"/rooms/{room}/members/{bob.id}", json={"role": "admin"})
        await http.delete(f"/rooms/{room}/members/{eve.id}")
        await bobs.delete(f"/rooms/{room}/members/{bob.id}")

    assert of_room(world, room) == [
        ("room_created", ann.id, None, {"kind": "group"}),
        ("member_added", ann.id, bob.id, {}),
        ("room_changed", ann.id, None, {"renamed": True}),
        ("room_changed", ann.id, None, {"open_history": True}),
        ("member_added", ann.id, eve.id, {}),
        ("role_changed", ann.id, bob.id, {"role": "admin", "was": "member"}),
        ("member_removed", ann.id, eve.id, {}),
        ("member_left", bob.id, bob.id, {}),
    ]


async def test_a_direct_room_is_noted_once_with_both_people(world):
    ann, bob = world.people(2)
    async with world.http(ann) as http:
        wish = {"kind": "direct", "members": [bob.id]}
        answers = [(await http.post("/rooms", json=wish)).json() for _ in range(2)]

    assert of_room(world, answers[-1]["id"]) == [
        ("room_created", ann.id, bob.id, {"kind": "direct"})
    ]


def test_a_change_that_is_rolled_back_leaves_no_entry_and_a_committed_one_exactly_one(world, orm):
    ann, bob = world.people(2)
    room = open_group(owner_id=ann.id, name="Trip", member_ids=[], address=NOWHERE).room
    before = len(of_room(world, room))

    with transaction.atomic():
        add_members(by=ann.id, room_id=room, member_ids=[bob.id], address=NOWHERE)
        transaction.set_rollback(True)
    rolled_back = len(of_room(world, room)) - before
    add_members(by=ann.id, room_id=room, member_ids=[bob.id], address=NOWHERE)
    committed = of_room(world, room)[before:]

    assert rolled_back == 0
    assert committed == [("member_added", ann.id, bob.id, {})]


def test_a_change_whose_entry_cannot_be_written_does_not_happen(world, orm):
    ann, bob = world.people(2)
    room = open_group(owner_id=ann.id, name="Trip", member_ids=[bob.id], address=NOWHERE).room

    with (
        world.changed(
            do=f"alter table audit_entry add constraint no_more check (subject_id <> '{bob.id}')"
            " not valid",
            undo="alter table audit_entry drop constraint no_more",
        ),
        pytest.raises(Exception, match="no_more"),
    ):
        remove_member(by=ann.id, room_id=room, member_id=bob.id, address=NOWHERE)

    still = world.rows("select 1 from member where user_id = %s and left_seq is null", bob.id)
    assert still == [(1,)]


def test_entries_go_after_a_year_and_not_before(world, orm):
    ann = world.person()
    note(*(entry(Action.SIGNED_IN, subject=ann.id, why=age) for age in ("old", "young")))
    for age, days in (("old", 366), ("young", 364)):
        world.rows(
            "update audit_entry set at = now() - %s * interval '1 day'"
            " where subject_id = %s and details->>'why' = %s",
            *(days, ann.id, age),
        )

    done = manage(world, "upkeep")

    assert "audit_entry: " in done.stdout
    assert [details for *_, details in noted(world, "subject_id = %s", ann.id)] == [
        {"why": "young"}
    ]


def test_the_command_lists_what_concerns_somebody_in_order_as_lines_of_json(world, orm):
    ann, bob = world.people(2)
    entries = [entry(Action.SIGNED_IN, subject=ann.id, actor=ann.id) for _ in range(501)]
    note(*entries, entry(Action.MEMBER_ADDED, actor=bob.id, subject=ann.id, role="admin"))
    AuditEntry.objects.filter(id=entries[0].id).update(at="2025-12-31T23:59:59Z")

    done = manage(world, "audit", "--user", ann.username.upper(), "--since", "2026-01-01")
    one = manage(world, "audit", "--user", bob.id, "--action", "member_added")
    none = manage(world, "audit", "--user", ann.id, "--until", "2020-01-01")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 501
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert [json.loads(line)["subject_name"] for line in one.stdout.splitlines()] == [ann.username]
    assert lines[-1]["details"] == {"role": "admin"}
    assert (none.returncode, none.stdout) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--user", "nobody-of-that-name"), "nobody called nobody-of-that-name"),
        (("--room", "x"), "no id of a room"),
        (("--since", "yesterday"), "no date: yesterday"),
    ],
)
def test_the_command_tells_in_one_line_what_is_wrong(world, arguments, told):
    done = manage(world, "audit", *arguments)

    assert done.returncode != 0
    assert told in done.stderr.splitlines()[-1]


async def test_staff_finds_entries_by_person_room_and_action(world):
    ann, bob = world.people(2)
    room = await opened(world, ann, bob)
    path = "chat/auditentry/"
    async with visiting(world, "chat", world.staff()) as http:
        visit = Visit(http)
        by_person = await visit.shown(f"{path}?q={bob.username}")
        by_room = await visit.shown(f"{path}?q={room}&action__exact=member_added")
        refused = await http.get(f"{path}add/")

    assert "Member Added" in by_person
    assert bob.username in by_room
    assert "2 audit entries" not in by_room
    assert "1 audit entry" in by_room
    assert refused.status_code == 403
