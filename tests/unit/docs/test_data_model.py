"""Every column of every table is described, and every one that is described exists."""

import pytest
from django.apps import apps

from tests.unit.docs import pages

CHAT = {model.__name__: model for model in apps.get_app_config("chat").get_models()}


def models_of(service):
    """Return the models of a service by their headings: what chat has, too, says whose it is."""
    return {
        f"{model.__name__} of {service}" if model.__name__ in CHAT else model.__name__: model
        for model in apps.get_app_config(service).get_models()
    }


MODELS = CHAT | models_of("presence") | models_of("queue") | models_of("receipts")


@pytest.mark.parametrize("model", MODELS)
def test_every_field_of_a_table_is_described_and_every_described_one_exists(model):
    cells = [row["field"] for row in pages.rows("data-model.md", model)]
    meta = MODELS[model]._meta

    described = [word for cell in cells for word in pages.words(cell)]

    fields = [field.name for field in (*meta.fields, *meta.many_to_many)]
    assert sorted(described) == sorted(fields)
