"""The page about the architecture names services, pages of the admin and floors as they are."""

import re

from django.contrib.admin import AdminSite

from services.chat.admin.site import ChatSite
from services.chat.api.parts import parts_of
from tests.unit.docs import pages


def test_every_service_has_a_row():
    named = [row.first for row in pages.rows("architecture.md", "Services")]

    assert named == list(pages.SERVICES)


def test_every_service_has_a_folder_and_every_folder_is_a_service():
    folders = {path.parent.name for path in (pages.ROOT / "services").glob("*/__main__.py")}

    assert folders == set(pages.SERVICES)


def test_every_page_of_the_admin_that_is_of_no_table_is_named():
    of_django = {str(each.pattern) for each in AdminSite().get_urls()}
    text = (pages.DOCS / "staff.md").read_text()

    own = {str(each.pattern) for each in ChatSite("chat", parts_of).get_urls()} - of_django

    assert "dead-letters/" in own
    assert [page for page in own if f"/admin/{page}`" not in text] == []


def test_the_floors_name_every_module_of_a_service():
    cells = [row["modules"] for row in pages.rows("architecture.md", "Floors of a service")]
    named = {word for cell in cells for word in pages.words(cell)} - {"libs.common"}
    beside = {"settings", "apps", "admin", "templates", "migrations"}

    modules = {
        path.stem
        for path in (pages.ROOT / "services" / "chat").iterdir()
        if path.suffix == ".py" or path.is_dir()
    }

    assert modules - beside - {"__init__", "__pycache__"} == named


def test_the_hub_says_of_each_of_its_modules_what_it_is_about():
    folder = pages.ROOT / "services" / "chat" / "hub"
    told = re.findall(r"``(\w+)``", (folder / "__init__.py").read_text())

    assert sorted(told) == sorted({path.stem for path in folder.glob("*.py")} - {"__init__"})
