"""The page of correctness names the tests as they are, and no promise goes without one."""

import pytest

from dev import correctness
from tests.unit.docs import pages

PROOFS = [*correctness.proofs(), *correctness.web_proofs()]


def test_the_page_is_as_the_tests_have_it():
    page = (pages.DOCS / "correctness.md").read_text()

    assert page == correctness.with_tables(page, PROOFS), "`make fix` writes it anew"


@pytest.mark.parametrize("number", correctness.PROMISES)
def test_every_promise_is_proven(number):
    assert [proof for proof in PROOFS if number in proof.promises]


@pytest.mark.parametrize("number", correctness.PROPERTIES)
def test_every_property_is_tested(number):
    assert [proof for proof in PROOFS if number in proof.properties]


def test_no_promise_is_claimed_that_nobody_gave():
    claimed = {number for proof in PROOFS for number in proof.promises}
    properties = {number for proof in PROOFS for number in proof.properties}

    assert claimed <= correctness.PROMISES.keys()
    assert properties <= set(correctness.PROPERTIES)


def test_a_test_proves_what_it_is_marked_with_and_what_its_module_is(tmp_path):
    (tmp_path / "test_both.py").write_text(
        "'''Feature: f, Property 3: Three'''\n"
        "pytestmark = [pytest.mark.promise(number=1), pytest.mark.timeout(9)]\n"
        "@pytest.mark.promise(number=2)\n"
        "async def test_one(): '''Feature: f, Property 4: Four'''\n"
        "def test_other(): ...\n"
        "def no_test(): ...\n"
    )

    one, other = correctness.proofs(tmp_path)

    assert (one.name, one.promises, dict(one.properties)) == (
        "test_one",
        frozenset({1, 2}),
        {4: "Four"},
    )
    assert (other.name, other.promises, dict(other.properties)) == (
        "test_other",
        frozenset({1}),
        {3: "Three"},
    )


def test_a_test_of_the_web_client_proves_what_the_head_of_its_file_says(tmp_path):
    told = tmp_path / "told.test.ts"
    told.write_text(
        "/** Feature: f, Property 3: Three\n *\n * Feature: f, Property 4: Four\n */\n"
        'test("one thing holds", () => {});\n'
        "describe('more', () => {\n"
        '  test("and another", async () => {});\n'
        "});\n"
    )
    (tmp_path / "silent.test.ts").write_text('/** Nothing. */\ntest("something", () => {});\n')

    one, another = correctness.web_proofs(tmp_path)

    assert (one.name, another.name) == ("one thing holds", "and another")
    assert dict(one.properties) == dict(another.properties) == {3: "Three", 4: "Four"}


def test_a_page_without_a_place_for_a_table_is_refused():
    with pytest.raises(LookupError, match="promises"):
        correctness.with_tables("# Nothing\n", PROOFS)
