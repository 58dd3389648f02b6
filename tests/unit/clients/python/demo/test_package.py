"""The demo as a package: on the public client, and in the README."""

import pathlib

import pytest

from clients.python import demo
from clients.python.demo.__main__ import main
from tests.unit.clients.python.test_package import imported

PACKAGE = pathlib.Path(demo.__file__).parent
MODULES = sorted(path for path in PACKAGE.glob("*.py") if not path.name.startswith("__"))
PURE = ("cast", "deciding", "lines", "script", "server_room", "steps")


def test_the_readme_names_every_module():
    readme = (PACKAGE.parent / "README.md").read_text()

    assert [path.name for path in MODULES if f"`{path.name}`" not in readme] == []


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_knows_no_loop_no_network_and_no_chat(name):
    names = imported(PACKAGE / f"{name}.py")

    assert {one.partition(".")[0] for one in names}.isdisjoint({"asyncio", "httpx", "os", "time"})
    assert not any(one.startswith("clients.python.parley") for one in names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_of_the_client_only_what_is_public_is_used(path):
    inner = {name for name in imported(path) if name.startswith("clients.python.parley.")}

    assert inner == set()


@pytest.mark.parametrize("url", ["https://chat.example.org", "http://10.0.0.1:8000", "8000", ""])
def test_people_whose_password_is_known_are_made_on_this_machine_only(url, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["seed", "--url", url])

    assert ended.value.code == 2
    assert "only a server of this machine" in capsys.readouterr().err
