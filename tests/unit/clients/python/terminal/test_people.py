"""Names by id."""

from clients.python import parley
from clients.python.parley import User
from clients.python.terminal.people import ASK_AT_ONCE, People, shade_of
from tests.unit.clients.python.terminal.made import ask_nobody

BOB = User(id="b-1234", username="bob", display_name="Bob\x1b[2J")


async def test_each_id_is_asked_for_once():
    asked = []

    async def ask(ids):
        asked.append(list(ids))
        return [BOB]

    people = People(ask)
    await people.learn(["b-1234", "b-1234", ""])
    await people.learn(["b-1234"])

    assert asked == [["b-1234"]]
    assert people.name("b-1234") == "Bob␛[2J"


async def test_many_are_asked_for_in_portions():
    asked = []

    async def ask(ids):
        asked.append(len(ids))
        return []

    await People(ask).learn(str(number) for number in range(ASK_AT_ONCE + 1))

    assert asked == [ASK_AT_ONCE, 1]


async def test_somebody_stays_a_part_of_an_id_where_the_server_does_not_answer():
    async def ask(ids):
        raise parley.Unavailable

    people = People(ask)
    await people.learn(["b-1234"])

    assert people.name("b-1234") == "?1234"
    assert people.full_name("b-1234") == "?1234"


def test_a_full_name_tells_two_people_of_one_name_apart():
    people = People(ask_nobody)
    people.add([BOB, User(id="2", username="carl", display_name="carl")])

    assert people.full_name("b-1234") == "Bob␛[2J (@bob)"
    assert people.full_name("2") == "@carl"
    assert people.id_of("BOB") == "b-1234"
    assert people.id_of("nobody") is None


def test_a_person_keeps_one_colour():
    assert shade_of("b-1234") == shade_of("b-1234")
    assert len({shade_of(str(number)) for number in range(100)}) > 3
