import pytest

from tests.conformance.matching import Mismatch
from tests.conformance.reading import Behaviour
from tests.conformance.running import needed_by, play_all


def behaviour(name, *, steps=({"alice": {"sends": {"type": "ping"}}},), **more):
    given = {"are_new": False, "group": (), "direct": (), "sockets": (), "steps": steps, **more}
    return Behaviour(topic="some", name=name, **given)


async def right(_):
    return


async def wrong(_):
    mismatch = Mismatch("ack.seq", 1, 2)
    mismatch.add_note("in a step")
    raise mismatch


async def gone(_):
    raise ConnectionRefusedError("nobody listens")


async def test_all_that_was_right_is_a_line_each_and_status_0(capsys):
    status = await play_all(right, [behaviour("It answers"), behaviour("It stops")])

    assert status == 0
    assert capsys.readouterr().out == (
        "ok      some: It answers\nok      some: It stops\n\n2 ok, 0 failed\n"
    )


async def test_what_was_wrong_is_told_with_its_step_and_status_1(capsys):
    status = await play_all(wrong, [behaviour("It answers")])

    assert status == 1
    assert capsys.readouterr().out == (
        "FAILED  some: It answers\n        ack.seq: expected 1, came 2\n        in a step\n"
        "\n0 ok, 1 failed\n"
    )


async def test_a_server_that_is_not_there_is_told_of(capsys):
    assert await play_all(gone, [behaviour("It answers")]) == 1
    assert "ConnectionRefusedError: nobody listens" in capsys.readouterr().out


async def test_nothing_to_play_is_no_success():
    assert await play_all(right, []) == 1


async def test_a_mistake_in_the_data_is_no_outcome():
    async def mistaken(_):
        raise ValueError("nobody does one thing")

    with pytest.raises(ValueError, match="nobody"):
        await play_all(mistaken, [behaviour("It answers")])


def test_whoever_is_named_anywhere_is_needed():
    steps = [{"at_once": [{"alice": {"sends": {"seq": "$bob"}}}]}]

    assert needed_by(behaviour("x", steps=steps)) == ["alice", "bob"]
    assert needed_by(behaviour("x", sockets=["carol2"])) == ["alice", "carol"]
