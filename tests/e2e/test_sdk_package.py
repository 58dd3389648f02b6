"""The SDK as somebody else has it: packed, installed in a project of theirs, and chatting on a page."""

import json
import shutil

import pytest
from playwright.sync_api import expect

from dev.settings import ROOT
from dev.version import product_version
from tests.e2e.elsewhere import Elsewhere, sources
from tests.e2e.person import PASSWORD, unique

FOLDER = "elsewhere"
WRONG = """\
import type { ChatClient } from "@parley/sdk";

export function misuse(chat: ChatClient): void {
  chat.send("a room", 7);
  chat.on("nothing", () => undefined);
}
"""
ENTRIES = """
for (const entry of ["", "/account", "/browser", "/past"]) {
  const all = await import(`@parley/sdk${entry}`);
  console.log(Object.keys(all).filter((name) => /^[A-Z][a-z]\\w+$/.test(name)).join(" "));
}
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    return Elsewhere(tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture
def page_url(suite, web_root, elsewhere):
    """The example page, served by chat itself: under its content security policy, on its host."""
    shutil.copytree(elsewhere.build_page(), web_root / FOLDER)
    suite.kill("chat")
    suite.wait_until_ready("chat")
    yield f"{suite.state.gateway_url}/{FOLDER}/"
    shutil.rmtree(web_root / FOLDER)


class Guest:
    """Somebody on the example page."""

    def __init__(self, window, url, name):
        self.window = window
        self.username = unique(name)
        window.goto(url)

    def sign_up(self):
        form = self.window.locator("#sign-in")
        form.get_by_label("Username").fill(self.username)
        form.get_by_label("Password").fill(PASSWORD)
        form.get_by_role("button", name="Sign up").click()
        self.until_online()

    def until_online(self):
        expect(self.window.locator("#state")).to_have_text("online")

    def find(self, username):
        form = self.window.locator("#find")
        form.get_by_label("Chat with").fill(username)
        form.get_by_role("button", name="Open").click()

    def write(self, text):
        self.window.get_by_label("Message", exact=True).fill(text)
        self.window.get_by_role("button", name="Send").click()

    def message(self, text):
        return self.window.locator("#messages li").filter(has_text=text)


def test_it_is_what_was_built_in_the_version_of_the_product(elsewhere):
    says = json.loads((elsewhere.sdk / "package.json").read_text())
    modules = {name: elsewhere.sdk / "dist" / f"{name}.js" for name in sources()}

    assert says["version"] == product_version()
    assert (elsewhere.sdk / "dist" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert [name for name, path in modules.items() if not path.exists()] == []
    assert [name for name, path in modules.items() if not path.with_suffix(".d.ts").exists()] == []
    assert {path.name for path in elsewhere.sdk.iterdir()} == {
        *("README.md", "dist", "examples", "package.json"),
    }


def test_node_finds_every_entry_without_a_bundler(elsewhere):
    said = elsewhere.run("node", elsewhere.write("entries.js", ENTRIES)).splitlines()

    assert len(said) == 4
    for names, wanted in zip(said, ("ChatClient", "Account", "IndexedStore", "Past"), strict=True):
        assert wanted in names.split()


def test_its_types_are_seen_by_whoever_uses_it(elsewhere):
    readme = elsewhere.write_readme("readme.ts")
    wrong = elsewhere.write("wrong.ts", WRONG)

    complaints = elsewhere.complaints_of_tsc(readme, wrong)

    assert complaints == [("wrong.ts", "TS2345"), ("wrong.ts", "TS2345")]


def test_two_people_chat_on_the_page_of_the_examples(page_url, open_window):
    ann, bob = (Guest(open_window(visit=False), page_url, name) for name in ("Ann", "Bob"))
    ann.sign_up()
    bob.sign_up()

    ann.find("nobody-of-this-name")
    expect(ann.window.locator("#find [role=alert]")).not_to_be_empty()
    ann.find(bob.username)
    ann.write("Hello")
    expect(ann.message("Hello")).to_have_attribute("data-state", "delivered")

    bob.window.get_by_role("button", name=ann.username).click()
    expect(bob.message("Hello")).to_be_visible()
    expect(ann.message("Hello")).to_have_attribute("data-state", "read")
    bob.window.get_by_label("Message", exact=True).press("H")
    expect(ann.window.locator("#typing")).to_have_text(f"{bob.username} types")
    bob.write("Hi")
    expect(ann.message("Hi")).to_be_visible()
    expect(ann.window.locator("#typing")).to_be_empty()

    ann.window.reload()
    ann.until_online()
    ann.window.get_by_role("button", name=bob.username).click()
    expect(ann.window.locator("#messages li")).to_have_count(2)
    ann.window.get_by_role("button", name="Sign out").click()
    expect(ann.window.locator("#sign-in")).to_be_visible()
