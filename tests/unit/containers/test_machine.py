"""What is read of apt and Docker, and which images stand in for which."""

import fcntl
import re

import pytest

from dev.bootstrap import LOCKS
from dev.containers.docker import last_lines, listed, megabytes
from tests.containers import machine, stand_ins
from tests.containers.machine import mirror_in
from tests.unit.containers import compose

WITHOUT_A_PACKAGE = {"grafana/grafana"}
IMAGE = re.compile(r"_IMAGE:-([^}]+)\}")
ARGUMENT = re.compile(r"^ARG \w+_IMAGE=(\S+)$", re.MULTILINE)


@pytest.mark.parametrize(
    ("told", "mirror"),
    [
        ("Debian http://mirror.example/debian/", "http://mirror.example/debian"),
        (
            "NodeSource http://node.example/\nDebian http://m.example/debian-security/\n"
            "Debian http://m.example/debian/\nDebian http://other.example/debian/",
            "http://m.example/debian",
        ),
        ("Ubuntu http://mirror.example/ubuntu/", None),
        ("", None),
    ],
)
def test_packages_come_from_where_this_machine_gets_its_own(told, mirror):
    assert mirror_in(told) == mirror


def test_there_is_a_stand_in_for_every_image_that_there_can_be_one_for():
    wanted = set(IMAGE.findall(compose.text_of("docker-compose.yml")))
    wanted |= set(ARGUMENT.findall(compose.text_of("Dockerfile")))
    official = {image for image in wanted if image.partition(":")[0] != "parley"}

    standing_in = {image.tag for image in stand_ins.STAND_INS}

    missing = {image.partition(":")[0] for image in official - standing_in}
    assert missing == WITHOUT_A_PACKAGE
    assert standing_in <= official


def test_each_stands_on_what_was_built_before():
    known = {stand_ins.BASE}

    for image in stand_ins.STAND_INS:
        (ground,) = re.findall(r"^FROM (\S+)$", image.recipe, re.MULTILINE)
        assert ground in known
        known.add(image.tag)


def test_what_comes_by_pip_has_the_digest_of_a_lock():
    for image in stand_ins.STAND_INS:
        assert image.recipe.count("pip install") == image.recipe.count("--require-hashes")


def test_the_dockerfile_needs_no_frontend_and_takes_only_what_the_lock_has():
    text = compose.text_of("Dockerfile")

    assert "syntax=" not in text
    assert text.count(" install ") == 1
    assert "--require-hashes" in text
    assert "npm ci" in text
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["10001:10001"]
    assert all(
        line.startswith(("CMD [", "HEALTHCHECK")) for line in text.splitlines() if "CMD" in line[:4]
    )


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.lock")), ids=lambda path: path.name)
def test_a_lock_says_what_and_never_from_where(lock):
    assert "://" not in lock.read_text(encoding="utf-8")


def test_a_size_is_said_as_docker_says_it():
    assert megabytes(167_400_000) == "167 MB"


def test_of_what_a_program_wrote_the_end_is_told():
    assert last_lines("a\nb\nc\n", count=2) == "b\nc"
    assert listed("a\n\n b\n") == ["a", " b"]


def test_who_prepares_this_machine_is_alone_until_the_end(tmp_path):
    path = tmp_path / "lock"
    other = path.open("w", encoding="ascii")

    with other:
        with machine.alone(path), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
