import subprocess

from clients.python.demo.cast import PASSWORD
from dev.demo import COMPANY, INVITATION, SEED, demo_program
from dev.settings import ROOT

URL = "http://127.0.0.1:8124"


def test_whoever_starts_it_is_told_whom_to_sign_in_as():
    assert "as ada" in INVITATION
    assert "as grace" in INVITATION
    assert PASSWORD in INVITATION


def test_each_part_is_given_the_address_of_the_gateway():
    programs = [demo_program(part, url=URL, inherited={"A": "b"}) for part in (SEED, COMPANY)]

    assert [program.command[-3:] for program in programs] == [
        ("seed", "--url", URL),
        ("company", "--url", URL),
    ]
    assert all(program.environment["A"] == "b" for program in programs)
    assert all(program.is_ready() for program in programs)


def test_what_is_run_is_there():
    command = demo_program(COMPANY, url=URL, inherited={}).command

    shown = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, check=False)

    assert shown.returncode == 0
