import pytest

from tests.conformance.reading import Unreadable, behaviours, chosen

GOOD = '["A ping is answered"]\nsockets = ["alice"]\nsteps = [{alice.sends = {type = "ping"}}]\n'


def test_a_behaviour_is_a_table_named_by_a_sentence(tmp_path):
    (tmp_path / "opening.toml").write_text(GOOD)

    (behaviour,) = behaviours(tmp_path)

    assert str(behaviour) == "opening: A ping is answered"
    assert behaviour.sockets == ["alice"]
    assert behaviour.steps == [{"alice": {"sends": {"type": "ping"}}}]
    assert not behaviour.are_new


def test_who_has_a_direct_room_is_new_because_there_is_one_only(tmp_path):
    direct = GOOD.replace("sockets", 'direct = ["alice", "bob"]\nsockets')
    (tmp_path / "rooms.toml").write_text(direct)

    (behaviour,) = behaviours(tmp_path)

    assert behaviour.are_new


@pytest.mark.parametrize("wrong", ['["One"]\nstep = []\n', '["One"]\nsteps = []\n'])
def test_what_is_not_written_as_it_should_be_is_not_passed_over(tmp_path, wrong):
    (tmp_path / "wrong.toml").write_text(wrong)

    with pytest.raises(Unreadable):
        behaviours(tmp_path)


def test_some_are_chosen_by_words_of_their_topic_or_sentence(tmp_path):
    (tmp_path / "opening.toml").write_text(GOOD)
    (tmp_path / "closing.toml").write_text(GOOD.replace("ping is", "pong is"))
    read = behaviours(tmp_path)

    assert chosen(read, []) == read
    assert [each.topic for each in chosen(read, ["PONG"])] == ["closing"]
    assert [each.topic for each in chosen(read, ["opening:"])] == ["opening"]
    assert chosen(read, ["nothing"]) == []
