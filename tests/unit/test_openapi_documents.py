"""The OpenAPI documents of all services: whole, and with what a caller has to know of each operation."""

import pytest

from services.chat.api.app import api as of_chat
from services.presence.api.app import api as of_presence
from services.queue.api.app import api as of_queue
from services.receipts.api.app import api as of_receipts
from tests.unit.openapi import broken_references, document_of

APIS = {"chat": of_chat, "presence": of_presence, "queue": of_queue, "receipts": of_receipts}
DOCUMENTS = {service: document_of(api, service) for service, api in APIS.items()}
OPERATIONS = [
    pytest.param(operation, id=f"{method} {path}")
    for document in DOCUMENTS.values()
    for path, methods in document["paths"].items()
    for method, operation in methods.items()
]
OPEN_TO_ALL = {"register", "login", "token", "exchange", "healthz", "statuses"}


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_reference_leads_somewhere(service):
    assert broken_references(DOCUMENTS[service]) == set()
    assert "$ref" in str(DOCUMENTS[service])


@pytest.mark.parametrize("service", DOCUMENTS)
def test_operations_have_names_of_their_own(service):
    names = [
        operation["operationId"]
        for methods in DOCUMENTS[service]["paths"].values()
        for operation in methods.values()
    ]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_tells_its_errors_and_who_may_ask(operation):
    assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert operation["description"]
    assert ("security" in operation) == (operation["operationId"] not in OPEN_TO_ALL)
