"""Every method and box of the first design has its row, and every method code and a test."""

import pytest
from django.contrib.admin import AdminSite

from services.chat.admin.site import ChatSite
from services.chat.api.parts import parts_of
from tests.unit.docs import pages

METHODS = {
    "WebSocket Consumer": (
        "connect",
        "disconnect",
        "receive",
        "chat_message",
        "typing_indicator",
        "user_status",
    ),
    "Message Status Manager": (
        "mark_as_sent",
        "mark_as_delivered",
        "mark_as_read",
        "get_status_icon",
        "broadcast_status_update",
    ),
    "Connection Recovery Manager": (
        "attempt_reconnect",
        "calculate_backoff",
        "sync_missed_messages",
        "process_queued_messages",
        "update_connection_status",
    ),
    "Offline Message Queue": (
        "queue_outgoing_message",
        "queue_incoming_message",
        "process_queue",
        "expire_old_messages",
        "get_queue_status",
    ),
    "Typing Indicator Manager": (
        "start_typing",
        "stop_typing",
        "debounce_typing",
        "broadcast_typing_status",
        "cleanup_stale_indicators",
    ),
    "User Presence Manager": (
        "set_user_online",
        "set_user_offline",
        "get_user_status",
        "broadcast_status_change",
        "cleanup_stale_connections",
    ),
}
TYPES = {
    "WebSocket Consumer": ("message", "typing", "read_receipt", "ping", "retry"),
    "Offline Message Queue": ("outgoing", "incoming", "retry"),
}
"""Of frames, and of what is queued."""
BOXES = {
    "High-level architecture": (
        "Chat UI",
        "WebSocket Client",
        "HTTP Fallback",
        "Local Message Queue",
        "ASGI Server",
        "Chat Consumer",
        "HTTP Views",
        "Message Models",
        "Redis Channel Layer",
        "PostgreSQL Database",
        "Redis Cache",
    ),
    "Message flow": (
        "Sender Client",
        "Sender Consumer",
        "Redis Channel Layer",
        "Recipient Consumer",
        "Recipient Client",
        "Database",
    ),
    "Connection management": (
        "Connecting",
        "Connected",
        "Failed",
        "Disconnected",
        "Typing",
        "Reconnecting",
        "OfflineMode",
    ),
}


def component_rows(component):
    return pages.rows("architecture.md", component)


def method_rows():
    return [row for component in METHODS for row in component_rows(component)]


@pytest.mark.parametrize("component", METHODS)
def test_every_method_of_a_component_has_one_row(component):
    named = [row.first for row in component_rows(component) if "method" in row.cells]

    assert named == [f"{method}()" for method in METHODS[component]]


@pytest.mark.parametrize("component", TYPES)
def test_every_type_of_a_component_has_one_row(component):
    named = [row.first for row in component_rows(component) if "type" in row.cells]

    assert named == list(TYPES[component])


@pytest.mark.parametrize("diagram", BOXES)
def test_every_box_of_a_diagram_has_one_row(diagram):
    named = [row.first for row in pages.rows("architecture.md", diagram)]

    assert sorted(named) == sorted(BOXES[diagram])


@pytest.mark.parametrize("row", method_rows(), ids=lambda row: row.first)
def test_every_method_points_to_code_and_to_a_test(row):
    code, tests = pages.pointers(row["here"]), pages.pointers(row["test"])

    assert code
    assert tests
    assert all("::" in pointer for pointer in tests)


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
