"""A new container is there before an old one is asked to end, and an old one stays where none comes."""

import json
from dataclasses import dataclass, field

import pytest

from dev.containers.docker import Docker, Failed
from dev.containers.rolling import main, roll


@dataclass(frozen=True, kw_only=True)
class Recorded(Docker):
    """Answers as Docker would, and keeps what it was asked."""

    program: str = "docker"
    asked: list[str] = field(default_factory=list)
    fails_at: str = "nothing"

    def run(self, *arguments, text=None, within_s=600):
        line = " ".join(arguments)
        self.asked.append(line)
        if self.fails_at in line:
            raise Failed(line)
        if arguments[0] == "inspect":
            number = arguments[1].removeprefix("id")
            return json.dumps([{"Name": f"/chat-{number}", "State": {"ExitCode": int(number) - 1}}])
        return "id1\nid2\n" if "ps" in arguments else ""

    @property
    def deeds(self):
        return [line for line in self.asked if not line.startswith("inspect")]


def test_one_after_the_other_is_replaced():
    docker, told = Recorded(), list[str]()

    ended = roll(docker, "chat", options=["--project-name=p"], tell=told.append)

    more = (
        "compose --project-name=p up --detach --wait --no-deps --no-recreate --no-build"
        " --scale chat=3 chat"
    )
    assert docker.deeds == [
        "compose --project-name=p ps --quiet chat",
        *(more, "stop id1", "rm id1"),
        *(more, "stop id2", "rm id2"),
    ]
    assert ended == {"chat-1": 0, "chat-2": 1}
    assert told[1] == "chat-1: drains"


def test_where_the_new_one_does_not_become_healthy_the_old_one_goes_on():
    docker = Recorded(fails_at="--scale")

    with pytest.raises(Failed):
        roll(docker, "chat", tell=lambda _: None)

    assert not any("stop" in line for line in docker.asked)


def test_somebody_who_names_no_service_is_told_how(capsys):
    assert main([]) == 1
    assert "SERVICE" in capsys.readouterr().err
