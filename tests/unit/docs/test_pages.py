import re

import pytest

from tests.unit.docs import pages

README = pages.ROOT / "README.md"


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    text = page.read_text()

    targets = re.findall(r"\]\(([^)#:]+)\)", text)

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_every_pointer_leads_somewhere(page):
    found = pages.pointers(page.read_text())

    problems = {pointer: pages.problem_with(pointer) for pointer in found}

    assert {pointer: problem for pointer, problem in problems.items() if problem} == {}


@pytest.mark.parametrize("page", [*pages.PAGES, README], ids=lambda page: page.name)
def test_no_line_of_a_diagram_ends_early(page):
    # To Mermaid a semicolon ends a statement, and the rest of the line is none.
    diagrams = re.findall(r"^```mermaid\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)

    assert [line for text in diagrams for line in text.splitlines() if ";" in line] == []


def test_every_page_stands_in_the_index():
    links = re.findall(r"\]\(([^)#]+)", (pages.DOCS / "README.md").read_text())
    linked = {link for link in links if not link.startswith("../")}

    here = {page.name for page in pages.DOCS.glob("*.md")} - {"README.md"}

    assert here | {"decisions/", "runbooks/"} == linked


@pytest.mark.parametrize(
    ("pointer", "problem"),
    [
        ("libs.common.clock:Clock.now", None),
        ("libs.common.clock:Clock.never", "has no never"),
        ("libs.common.sundial:Clock", "no such module"),
        ("services.chat.process:Process.stop", None),
        ("services.chat.process:Process.explode", "defines no explode"),
        ("clients/web/sdk/src/connection.ts:Connection.wake", None),
        ("clients/web/sdk/src/connection.ts:Connection.sleep", "has no sleep"),
        ("clients/web/sdk/src/connection.ts:GOOD_AFTER_MS", "defines no GOOD_AFTER_MS"),
        ("services/chat/migrations/send_messages.sql:send_messages", None),
        ("services/presence/store/sessions.lua:broadcast_status_change", None),
        ("services/presence/store/sessions.lua:broadcast", "defines no broadcast"),
        ("tests/unit/docs/test_pages.py::test_a_pointer_is_followed", None),
        ("tests/unit/docs/test_pages.py::test_nothing", "no such test"),
        ("tests/unit/docs/test_page.py::test_a_pointer_is_followed", "no such file"),
    ],
)
def test_a_pointer_is_followed(pointer, problem):
    found = pages.problem_with(pointer)

    assert pages.pointers(f"see `{pointer}`.") == [pointer]
    assert found is None if problem is None else problem in str(found)


def test_a_fenced_block_hides_no_pointer_below_it():
    text = "```console\n$ make up\n```\n\nSee `libs.common.clock:Clock` of `libs`.\n"

    assert pages.pointers(text) == ["libs.common.clock:Clock"]
