"""The others in words."""

import datetime as dt

import pytest

from clients.python.parley import User
from clients.python.terminal.company import Company
from clients.python.terminal.people import People
from tests.unit.clients.python.terminal.made import Others, ask_nobody, company_of

EAST = dt.timezone(dt.timedelta(hours=2))
"""Where it is half past eleven of the same Wednesday, 4 March 2026."""


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def company(others: Others) -> Company:
    people = People(ask_nobody)
    names = {"ann": "Ann", "bob": "Bob", "eve": "Eve", "long": "Wolfeschlegelsteinhausen"}
    people.add(User(id=user, username=user, display_name=name) for user, name in names.items())
    return company_of(people, others, EAST)


@pytest.mark.parametrize("status", ["online", "away"])
def test_who_is_there_or_away_is_called_that(company, others, status):
    others.are(status, "bob")

    assert company.presence("bob") == status


@pytest.mark.parametrize("status", ["unknown", "offline", "asleep"])
def test_nothing_is_said_of_whom_nothing_is_known_or_who_does_not_tell(company, others, status):
    others.are(status, "bob")

    assert company.presence("bob") == ""


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-03-04T12:05:00+00:00", "today at 14:05"),
        ("2026-03-03T22:00:00+00:00", "today at 00:00"),
        ("2026-03-03T21:59:00+00:00", "yesterday at 23:59"),
        ("2026-03-02T12:05:00+00:00", "on Monday at 14:05"),
        ("2026-02-26T12:05:00+00:00", "on Thursday at 14:05"),
        ("2026-02-25T12:05:00+00:00", "on 25 February 2026"),
        ("2025-12-31T23:00:00+00:00", "on 1 January 2026"),
        ("2026-03-05T01:00:00+00:00", "today at 03:00"),
    ],
)
def test_the_nearer_somebody_was_there_the_more_exactly_it_is_said(company, others, at, words):
    others.are("offline", "bob", last_seen=dt.datetime.fromisoformat(at))

    assert company.presence("bob") == f"last seen {words}"


def test_without_a_clock_of_the_server_the_date_is_told(company, others):
    others.are("offline", "bob", last_seen=others.now)
    others.now = None

    assert company.presence("bob") == "last seen on 4 March 2026"


@pytest.mark.parametrize(
    ("users", "words"),
    [
        ([], ""),
        (["ann"], "Ann is typing"),
        (["ann", "bob"], "Ann and Bob are typing"),
        (["ann", "bob", "eve"], "Several people are typing"),
        (["long"], "Wolfeschlegelst… is typing"),
        (["nobody.known"], "?nown is typing"),
    ],
)
def test_who_types_is_named_unless_they_are_many(company, others, users, words):
    others.typing["r"] = users

    assert company.typing("r") == words
