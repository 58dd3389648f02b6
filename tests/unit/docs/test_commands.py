"""What the pages have people type exists: verbs, modules, management commands, paths."""

import importlib.util
import re
from pathlib import Path

import django.contrib.auth.management.commands as of_auth
import django.core.management.commands as of_django
import pytest

from tests.unit.docs import commands
from tests.unit.docs.commands import Typed
from tests.unit.docs.pages import ROOT, SERVICES

TYPED = [typed for page in commands.pages() for typed in commands.typed(page)]
VERBS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
MADE = {
    "benchmarks/out/profile",
    "clients/web/dist",
    "k8s/overlays/dev/secrets",
    "monitoring/alertmanager/webhook_url",
}
"""What is made where it is wanted, and git ignores."""
SOMEBODY_ELSES = {
    *("adapter.py", "hello.py"),
    "chat/parley_push.py",  # in the reader's site, where they have copied it to
    "docs/decisions/NNNN-the-decision-is-the-title.md",
}


def commands_of(service):
    """Return the names of the management commands that a service has."""
    folders = [Path(module.__path__[0]) for module in (of_django, of_auth)]
    folders.append(ROOT / "services" / service / "management" / "commands")
    return {file.stem for folder in folders for file in folder.glob("[a-z]*.py")}


def is_module(name):
    """Whether Python can run it; what a package imports is not run for that, but for its parents."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def unknown(found, known):
    """Return what is not known, with its page; and make sure that anything was looked at."""
    found = [(typed.page, each) for typed in TYPED for each in found(typed.text)]
    assert found
    return [(page, each) for page, each in found if not known(each)]


def test_every_verb_is_one_of_the_makefile():
    assert unknown(commands.verbs, VERBS.__contains__) == []


def test_every_module_that_is_run_is_there():
    assert unknown(commands.modules, is_module) == []


def test_every_management_command_is_known_to_its_service():
    def is_known(command):
        service, name = command
        return service in SERVICES and name in commands_of(service)

    assert unknown(commands.management, is_known) == []


def test_every_path_is_in_the_tree():
    known = MADE | SOMEBODY_ELSES

    assert unknown(commands.paths, lambda path: path in known or commands.is_there(path)) == []


@pytest.mark.parametrize("path", sorted(MADE | SOMEBODY_ELSES))
def test_what_need_not_be_there_is_still_told_of(path):
    assert any(path in commands.paths(typed.text) for typed in TYPED)


@pytest.mark.parametrize(
    ("read", "text", "found"),
    [
        (commands.verbs, "$ make secrets && docker compose up", ["secrets"]),
        (commands.verbs, "$ cd x; PORT=1 A=b make up DEMO=1", ["up"]),
        (commands.verbs, "to make of it", []),
        (commands.modules, "$ .venv/bin/python -m dev.nothing now", ["dev.nothing"]),
        (commands.modules, "docker run x python -m services doctor", ["services"]),
        (commands.paths, "libs/common/nothing.py, and .run/x or a/b", ["libs/common/nothing.py"]),
        (
            commands.paths,
            "actions/fold.py of k8s/overlays/nowhere/",
            ["actions/fold.py", "k8s/overlays/nowhere/"],
        ),
        (commands.paths, "https://example.org/docs/x.md ghcr.io/x", []),
        (commands.management, 'make manage SERVICE=queue DO="none such"', [("queue", "none")]),
        (
            commands.management,
            "python -m services.receipts reconcile <room>",
            [("receipts", "reconcile")],
        ),
        (commands.management, "python -m services.chat", []),
    ],
)
def test_what_is_typed_is_read(read, text, found):
    assert list(read(text)) == found


@pytest.mark.parametrize("wrong", ["libs/common/tokens/", "actions/fold.py", "k8s/*/nothing.yaml"])
def test_a_path_that_leads_nowhere_is_noticed(wrong):
    assert not commands.is_there(wrong)


def test_comments_are_not_typed(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ make up   # or make nothing\n```\n`make fix` and ``x``\n")
    monkeypatch.setattr(commands, "ROOT", tmp_path)

    assert list(commands.typed(page)) == [
        Typed("page.md", "$ make up\n"),
        Typed("page.md", "make fix"),
    ]
