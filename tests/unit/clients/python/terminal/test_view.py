"""From the model to lines."""

import datetime as dt
from collections.abc import Sequence

import pytest

from clients.python.parley import ConnectionState, MessageReceipt, User, Watermark
from clients.python.parley.marks import Marks
from clients.python.terminal.lines import Laid, Mark, plain
from clients.python.terminal.model import Model, Outgoing
from clients.python.terminal.people import People
from clients.python.terminal.ticks import Ticks
from clients.python.terminal.view import (
    LISTED_RECEIPTS,
    LISTED_ROOMS,
    LIVE_LINES,
    View,
    state_words,
)
from tests.unit.clients.python.terminal.made import Others, ask_nobody, company_of, message, room


@pytest.fixture
def model() -> Model:
    rooms = [
        room("r", name="Bob", members=["me", "bob"], last_seq=2),
        room("t", kind="group", name="Team", member_count=3),
    ]
    return Model({one.id: one for one in rooms}, "me")


@pytest.fixture
def people() -> People:
    people = People(ask_nobody)
    people.add([User(id="me", username="ann"), User(id="bob", username="bob", display_name="Bob")])
    return people


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def view(model: Model, people: People, marks: Marks, others: Others) -> View:
    zone = dt.timezone(dt.timedelta(hours=2))
    company = company_of(people, others, zone)
    return View(model, people, ticks=Ticks(marks.progress), company=company, zone=zone)


def texts(lines: Sequence[Laid]) -> list[str]:
    return [plain(line) for line in lines]


def test_messages_have_the_time_of_their_reader_and_a_line_above_each_day(view):
    late = dt.datetime(2026, 3, 1, 21, 59, tzinfo=dt.UTC)
    messages = [message(1, created_at=late), message(2, created_at=late + dt.timedelta(minutes=1))]

    shown = texts(view.messages(messages, 60))

    assert shown[0].startswith("── Sunday 1 March 2026 ─")
    assert shown[1] == "   1 23:59        Bob │ text 1"
    assert shown[2].startswith("── Monday 2 March 2026 ─")
    assert shown[3] == "   2 00:00        Bob │ text 2"
    assert texts(view.messages([message(3, created_at=late)], 60))[0].startswith("── Sunday")


def test_an_answer_quotes_what_it_answers(view, model):
    model.take(message(1, "Shall we?"))
    answers = [message(2, sender="me", reply_to=1), message(3, reply_to=99)]

    shown = texts(view.messages(answers, 80))

    assert "↪ Bob: Shall we?" in shown[1]
    assert shown[2] == "   2 11:32        you ✓ text 2"
    assert "↪ message 99" in shown[3]


def test_the_ticks_of_own_messages_follow_the_others_after_they_were_laid_out(view, marks):
    laid = view.messages([message(2, sender="me"), message(3)], 80)
    stored = texts(laid)
    bob = Watermark(user="bob", delivered_seq=3, read_seq=1)
    marks.fold("r", lowest=[bob], me="me")
    delivered = texts(laid)

    assert stored[1:] == ["   2 11:32        you ✓ text 2", "   3 11:33        Bob │ text 3"]
    assert delivered[1:] == ["   2 11:32        you✓✓ text 2", "   3 11:33        Bob │ text 3"]


def receipt(user: str, *, delivered: int | None = None, read: int | None = None) -> MessageReceipt:
    """Return a receipt with the minutes at which it was delivered and read, 0 for unknown."""
    start = dt.datetime(2026, 3, 1, 21, 0, tzinfo=dt.UTC)
    at = [start + dt.timedelta(minutes=one) if one else None for one in (delivered, read)]
    return MessageReceipt(
        user=user,
        delivered=delivered is not None,
        read=read is not None,
        delivered_at=at[0],
        read_at=at[1],
    )


def test_who_received_and_read_a_message_is_listed_with_times_but_not_its_writer(view, model):
    model.take(message(7, sender="me"))
    receipts = [
        receipt("me", delivered=1, read=1),
        receipt("joe"),
        receipt("eve", delivered=59),
        receipt("ann", delivered=0, read=0),
        receipt("bob", delivered=58, read=62),
    ]

    assert texts(view.receipts("r", 7, receipts, 80)) == [
        "• Message 7: read by 2 and received by 3 of 4.",
        "  ✓✓  Bob (@bob)  received 1 Mar 23:58  read 2 Mar 00:02",
        "  ✓✓  ?ann        received              read",
        "  ✓✓  ?eve        received 1 Mar 23:59",
        "  ✓   ?joe        not received yet",
    ]


def test_of_many_readers_the_latest_are_listed(view):
    receipts = [receipt(str(number), delivered=number + 1) for number in range(LISTED_RECEIPTS + 2)]

    shown = texts(view.receipts("r", 7, receipts, 80))

    assert len(shown) == LISTED_RECEIPTS + 2
    assert f"?{LISTED_RECEIPTS + 1} " in shown[1]
    assert shown[-1] == "• 2 more."


def test_the_newest_messages_on_their_way_stand_above_the_prompt(view, model):
    model.begin("r")
    for number in range(LIVE_LINES + 3):
        model.outgoing[str(number)] = Outgoing("r", str(number), f"text {number}")
    model.outgoing["x"] = Outgoing("t", "x", "elsewhere")

    shown = texts(view.live(80))

    assert shown[0] == "  · 3 more on their way"
    assert [line.split()[-1] for line in shown[1:]] == ["3", "4", "5", "6", "7", "8"]


def test_a_long_message_on_its_way_is_counted_instead(view, model):
    model.begin("r")
    model.outgoing["1"] = Outgoing("r", "1", "line\n" * 50)

    assert texts(view.live(80)) == ["  · 1 more on their way"]


def test_a_refused_message_says_why(view):
    one = Outgoing("r", "1", "hello", mark=Mark.FAILED)

    assert texts(view.refused(one, "You may not.", 80)) == [
        "                  you ! hello",
        "• Not sent: You may not.",
    ]


def test_rooms_are_listed_with_what_is_new(view, model):
    assert texts(view.rooms(model.by_activity(), 80)) == [
        "  1  Bob   2 new  @bob",
        "  2  Team         3 members",
    ]


def test_many_rooms_are_not_listed_at_once(view):
    shown = texts(view.rooms([room(str(number)) for number in range(LISTED_ROOMS + 2)], 80))

    assert len(shown) == LISTED_ROOMS + 1
    assert shown[-1].startswith("• 2 more")


def test_a_message_elsewhere_names_its_room_and_in_groups_its_writer(view, model):
    model.take(message(3))

    assert plain(view.quiet(message(3), 80)) == "  » [1] Bob (3): text 3"
    assert plain(view.quiet(message(1, room="t"), 80)) == "  » [2] Team, Bob: text 1"


def test_the_bar_tells_the_connection_and_what_waits(view, model):
    model.begin("t")
    model.outgoing["x"] = Outgoing("r", "x", "hi")

    bar = plain(view.bar(ConnectionState.RECONNECTING, 3.4))

    assert bar == " ○ reconnecting in 3 s  · @ann · 2 unread elsewhere · 1 on its way · /help"


def test_the_header_follows_the_other_person_of_a_conversation_of_two(view, model, others):
    header = view.header(model.rooms["r"], 50)
    before = plain(header)
    others.are("online", "bob")

    assert before == "── Bob (@bob) ───────────────────────────────────"
    assert plain(header) == "── Bob (@bob) · online ──────────────────────────"
    assert plain(view.header(model.rooms["t"], 50)).startswith("── Team (3 members) ─")


def test_the_bar_tells_who_types_here_and_otherwise_whether_the_other_is_there(view, model, others):
    def told() -> str:
        return (
            plain(view.bar(ConnectionState.CONNECTED, 0))
            .removeprefix(" ● connected  · ")
            .split(" · ")[0]
        )

    others.are("away", "bob")
    others.typing["t"] = ["ann"]
    nowhere = told()
    model.begin("r")
    there = told()
    others.typing["r"] = ["bob"]

    assert (nowhere, there, told()) == ("@ann", "Bob: away", "Bob is typing")


def test_members_are_listed_with_who_of_them_is_there(view, others):
    others.are("online", "bob")

    assert texts(view.members([("me", "owner"), ("bob", "member")], 80)) == [
        "  @ann (you)  owner",
        "  Bob (@bob)         online",
    ]


@pytest.mark.parametrize(
    ("state", "next_try_in_s", "style", "words"),
    [
        (ConnectionState.CONNECTING, 0, "bar.warn", "○ connecting …"),
        (ConnectionState.CONNECTED, 0, "bar.good", "● connected"),
        (ConnectionState.TYPING, 0, "bar.good", "● connected"),
        (ConnectionState.DISCONNECTED, 2, "bar.warn", "○ reconnecting in 2 s"),
        (ConnectionState.RECONNECTING, 0, "bar.warn", "○ connecting …"),
        (ConnectionState.RECONNECTING, 8, "bar.warn", "○ reconnecting in 8 s"),
        (ConnectionState.FAILED, 0, "bar.bad", "○ offline, next try in 0 s"),
        (ConnectionState.OFFLINE_MODE, 60, "bar.bad", "○ offline, next try in 60 s"),
    ],
)
def test_every_state_of_the_connection_has_words(state, next_try_in_s, style, words):
    assert state_words(state, next_try_in_s) == (style, words)


def test_the_prompt_names_where_a_line_goes(view, model):
    before = plain(view.prompt())
    model.begin("r")

    assert before == "no conversation >"
    assert plain(view.prompt()) == "Bob >"


def test_the_help_names_every_command_and_fits_a_small_terminal(view):
    shown = texts(view.help(80))

    assert len(shown) < 24
    assert all(len(line) <= 80 for line in shown)
    assert all("…" not in line.replace("username …", "") for line in shown)
