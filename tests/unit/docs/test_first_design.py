"""Every method, box and field of the first design has its row, and every method code and a test."""

import pytest

from tests.unit.docs import pages

PAGE = "first-design.md"
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
MODELS = {
    "Enhanced Message": (
        "sender",
        "recipient",
        "content",
        "is_read",
        "read_at",
        "delivered_at",
        "created_at",
        "retry_count",
        "last_retry_at",
        "error_message",
        "client_id",
        "ordering -created_at",
        "index recipient, created_at",
        "index sender, created_at",
        "index recipient, is_read",
        "index client_id",
    ),
    "Enhanced UserStatus": (
        "user",
        "is_online",
        "last_seen",
        "last_activity",
        "active_connections",
        "last_ping",
        "index is_online, last_seen",
        "index user, is_online",
    ),
    "Message Queue": (
        "sender",
        "recipient",
        "content",
        "queue_type",
        "created_at",
        "retry_count",
        "max_retries",
        "next_retry_at",
        "is_processed",
        "last_error",
        "ordering created_at",
        "index queue_type, is_processed",
        "index recipient, is_processed",
        "index next_retry_at",
    ),
    "Typing Status": (
        "user",
        "chat_room",
        "is_typing",
        "started_at",
        "last_update",
        "unique user, chat_room",
        "index chat_room, is_typing",
        "index last_update",
    ),
}


def component_rows(component):
    return pages.rows(PAGE, component)


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
    named = [row.first for row in pages.rows(PAGE, diagram)]

    assert sorted(named) == sorted(BOXES[diagram])


@pytest.mark.parametrize("row", method_rows(), ids=lambda row: row.first)
def test_every_method_points_to_code_and_to_a_test(row):
    code, tests = pages.pointers(row["here"]), pages.pointers(row["test"])

    assert code
    assert tests
    assert all("::" in pointer for pointer in tests)


@pytest.mark.parametrize("model", MODELS)
def test_everything_of_a_first_model_is_mapped(model):
    rows = pages.rows(PAGE, model)

    assert [row.first for row in rows] == list(MODELS[model])
    assert all(row["here"] for row in rows)
