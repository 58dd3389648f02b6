import pytest
from hypothesis import given, strategies as st

from libs.common.errors import BadFrame, NotFound, ParleyError, PermissionDenied
from services.chat.domain.rooms import (
    ROOM_MEMBERS,
    Role,
    check_may_edit,
    new_group,
    with_members,
    with_role,
    without_member,
)

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER
GROUP = {"olga": OWNER, "anna": ADMIN, "adam": ADMIN, "mia": MEMBER, "max": MEMBER}
REST = {"anna": OWNER, "adam": ADMIN, "mia": MEMBER, "max": MEMBER}
"""What is left of it without olga."""


def test_who_opens_a_group_owns_it_and_the_others_are_plain_members():
    roles = new_group(owner="olga", others=["mia", "olga", "mia", "max"])

    assert roles == {"olga": OWNER, "mia": MEMBER, "max": MEMBER}
    assert list(roles) == ["olga", "mia", "max"]


def test_a_group_may_begin_with_its_owner_alone():
    assert new_group(owner="olga", others=[]) == {"olga": OWNER}


@pytest.mark.parametrize("by", ["olga", "anna"])
def test_owner_and_admins_may_edit(by):
    check_may_edit(GROUP, by=by)


@pytest.mark.parametrize("by", ["mia", "stranger"])
def test_nobody_else_may_edit(by):
    with pytest.raises(PermissionDenied):
        check_may_edit(GROUP, by=by)


@pytest.mark.parametrize("by", ["olga", "anna"])
def test_owner_and_admins_add_people_who_come_last(by):
    roles = with_members(GROUP, by=by, users=["nick", "nora"])

    assert roles == {**GROUP, "nick": MEMBER, "nora": MEMBER}
    assert list(roles) == [*GROUP, "nick", "nora"]


@pytest.mark.parametrize("by", ["mia", "stranger"])
def test_nobody_else_adds_people(by):
    with pytest.raises(PermissionDenied):
        with_members(GROUP, by=by, users=["nick"])


def test_adding_who_is_present_changes_nothing_not_even_the_order():
    roles = with_members(GROUP, by="anna", users=["max", "olga", "anna"])

    assert list(roles.items()) == list(GROUP.items())


def test_a_group_is_full_at_its_limit_and_not_before():
    others = [f"user {number}" for number in range(ROOM_MEMBERS - 1)]
    full = new_group(owner="olga", others=others)

    assert len(full) == ROOM_MEMBERS
    assert with_members(full, by="olga", users=others) == full
    with pytest.raises(BadFrame) as refused:
        with_members(full, by="olga", users=["one too many"])
    assert list(refused.value.fields) == ["members"]
    with pytest.raises(BadFrame):
        new_group(owner="olga", others=[*others, "one too many"])


REMOVALS = {
    "olga": {"olga", "anna", "adam", "mia", "max", "stranger"},
    "anna": {"anna", "mia", "max", "stranger"},
    "adam": {"adam", "mia", "max", "stranger"},
    "mia": {"mia"},
    "stranger": set(),
}
"""Whom each may remove; themselves where that is leaving."""


@pytest.mark.parametrize("by", REMOVALS)
@pytest.mark.parametrize("user", [*GROUP, "stranger"])
def test_who_may_remove_whom(by, user):
    if user not in REMOVALS[by]:
        with pytest.raises(PermissionDenied):
            without_member(GROUP, by=by, user=user)
        return

    roles = without_member(GROUP, by=by, user=user)

    expected = {each: role for each, role in GROUP.items() if each != user}
    assert roles == (REST if user == "olga" else expected)


@pytest.mark.parametrize(
    ("roles", "successor"),
    [
        ({"olga": OWNER, "mia": MEMBER, "anna": ADMIN, "adam": ADMIN}, "anna"),
        ({"mia": MEMBER, "adam": ADMIN, "olga": OWNER, "anna": ADMIN}, "adam"),
        ({"mia": MEMBER, "olga": OWNER, "max": MEMBER}, "mia"),
    ],
)
def test_the_longest_standing_admin_or_else_member_follows_the_owner(roles, successor):
    left = without_member(roles, by="olga", user="olga")

    assert [user for user, role in left.items() if role is OWNER] == [successor]


@pytest.mark.parametrize(
    ("deactivated", "successor"),
    [({"anna"}, "adam"), ({"anna", "adam"}, "mia"), ({"anna", "adam", "mia"}, "anna")],
)
def test_who_was_deactivated_follows_only_where_nobody_else_is_there(deactivated, successor):
    roles = {"olga": OWNER, "mia": MEMBER, "anna": ADMIN, "adam": ADMIN}

    left = without_member(roles, by="olga", user="olga", deactivated=deactivated)

    assert [user for user, role in left.items() if role is OWNER] == [successor]


def test_the_last_one_leaves_nobody_behind():
    assert without_member({"olga": OWNER}, by="olga", user="olga") == {}


@pytest.mark.parametrize("user", ["anna", "mia"])
@pytest.mark.parametrize("role", [ADMIN, MEMBER])
def test_the_owner_sets_the_role_of_others(user, role):
    assert with_role(GROUP, by="olga", user=user, role=role) == {**GROUP, user: role}


@pytest.mark.parametrize("user", ["anna", "mia"])
def test_who_hands_the_group_over_becomes_an_admin(user):
    roles = with_role(GROUP, by="olga", user=user, role=OWNER)

    assert roles == {**GROUP, user: OWNER, "olga": ADMIN}


def test_the_owner_stays_owner_unless_somebody_else_becomes_it():
    assert with_role(GROUP, by="olga", user="olga", role=OWNER) == GROUP
    for role in (ADMIN, MEMBER):
        with pytest.raises(PermissionDenied):
            with_role(GROUP, by="olga", user="olga", role=role)


@pytest.mark.parametrize("by", ["anna", "mia", "stranger"])
@pytest.mark.parametrize("user", [*GROUP, "stranger"])
@pytest.mark.parametrize("role", Role)
def test_nobody_but_the_owner_sets_roles(by, user, role):
    with pytest.raises(PermissionDenied):
        with_role(GROUP, by=by, user=user, role=role)


def test_who_is_not_present_has_no_role():
    with pytest.raises(NotFound):
        with_role(GROUP, by="olga", user="stranger", role=ADMIN)


def test_a_stranger_hears_the_same_as_of_a_room_that_does_not_exist():
    asked = [
        lambda: check_may_edit(GROUP, by="stranger"),
        lambda: with_members(GROUP, by="stranger", users=["nick"]),
        lambda: without_member(GROUP, by="stranger", user="stranger"),
        lambda: with_role(GROUP, by="stranger", user="mia", role=ADMIN),
    ]

    for ask in asked:
        with pytest.raises(PermissionDenied) as refused:
            ask()
        assert refused.value.message == PermissionDenied.default_message


SOMEBODY = st.sampled_from("abcdef")
CHANGES = st.one_of(
    st.builds(
        lambda by, users: (with_members, {"by": by, "users": users}), SOMEBODY, st.lists(SOMEBODY)
    ),
    st.builds(lambda by, user: (without_member, {"by": by, "user": user}), SOMEBODY, SOMEBODY),
    st.builds(lambda user: (without_member, {"by": user, "user": user}), SOMEBODY),
    st.builds(
        lambda by, user, role: (with_role, {"by": by, "user": user, "role": role}),
        SOMEBODY,
        SOMEBODY,
        st.sampled_from(Role),
    ),
)


@given(others=st.lists(SOMEBODY), changes=st.lists(CHANGES, max_size=40))
def test_whatever_happens_there_is_one_owner_while_anybody_is_present(others, changes):
    roles = new_group(owner="a", others=others)

    for rule, arguments in changes:
        before = dict(roles)
        try:
            roles = rule(roles, **arguments)
        except ParleyError:
            assert roles == before
        stayed = [user for user in before if user in roles]
        assert list(roles)[: len(stayed)] == stayed
        assert list(roles.values()).count(OWNER) == (1 if roles else 0)


@given(
    present=st.integers(1, ROOM_MEMBERS),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 700)), max_size=6),
)
def test_whatever_happens_nobody_is_present_beyond_the_limit(present, steps):
    roles = new_group(owner="0", others=map(str, range(1, present)))

    for is_added, count in steps:
        if is_added:
            newcomers = [f"{len(roles)}.{number}" for number in range(count)]
            fits = len({*roles, *newcomers}) <= ROOM_MEMBERS
            try:
                roles = with_members(roles, by="0", users=newcomers)
            except BadFrame:
                assert not fits
            else:
                assert fits
        else:
            for user in list(roles)[1 : count // 20 + 2]:
                roles = without_member(roles, by="0", user=user)
        assert len(roles) <= ROOM_MEMBERS
