"""The OpenAPI document of a service, as tests look at it."""

import json
from typing import Any

from libs.common.http.api import ServiceAPI


def document_of(api: ServiceAPI, service: str) -> dict[str, Any]:
    """Return the document of an API as clients get it."""
    document = api.get_openapi_schema(path_prefix=f"/api/{service}/")
    found: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return found


def broken_references(document: dict[str, Any]) -> set[str]:
    """Return the references that lead nowhere."""
    return _references(document) - {
        f"#/components/schemas/{name}" for name in document["components"]["schemas"]
    }


def _references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(_references(member) for member in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(member) for member in value))
    return set()
