"""Every field, index and ordering of the first design's models is mapped; so is every column."""

import pytest
from django.apps import apps

from tests.unit.docs import pages

FIRST_MODELS = {
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
CHAT = {model.__name__: model for model in apps.get_app_config("chat").get_models()}


def models_of(service):
    """Return the models of a service by their headings: what chat has, too, says whose it is."""
    return {
        f"{model.__name__} of {service}" if model.__name__ in CHAT else model.__name__: model
        for model in apps.get_app_config(service).get_models()
    }


MODELS = CHAT | models_of("presence") | models_of("queue") | models_of("receipts")


@pytest.mark.parametrize("model", FIRST_MODELS)
def test_everything_of_a_first_model_is_mapped(model):
    rows = pages.rows("data-model.md", model)

    assert [row.first for row in rows] == list(FIRST_MODELS[model])
    assert all(row["here"] for row in rows)


@pytest.mark.parametrize("model", MODELS)
def test_every_field_of_a_table_is_described_and_every_described_one_exists(model):
    cells = [row["field"] for row in pages.rows("data-model.md", model)]
    meta = MODELS[model]._meta

    described = [word for cell in cells for word in pages.words(cell)]

    fields = [field.name for field in (*meta.fields, *meta.many_to_many)]
    assert sorted(described) == sorted(fields)
