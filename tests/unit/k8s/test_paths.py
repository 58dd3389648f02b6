"""The ways in lead where the gateways of `make up` and of compose lead, and close nobody for silence."""

import re

import pytest

from dev.services import SERVICES
from dev.settings import ROOT
from libs.common import program
from tests.unit.k8s import objects
from tests.unit.k8s.objects import NAMES

WITH_INGRESS = objects.having("ingress")
WITH_ROUTES = objects.having("gateway-api")
WANTED = {path.removesuffix("*"): service.name for service in SERVICES for path in service.paths}
"""Each beginning of a path, and whose it is; a test holds HAProxy against the same list."""
SECONDS = re.compile(r"(\d+)s?")
SILENCE_S = 2 * program.PING_EVERY_S
"""After that the server itself drops a WebSocket."""
WHOLE_REQUEST = re.compile(r"timeout server (\d+)s")


@pytest.mark.parametrize("variant", WITH_INGRESS)
def test_an_ingress_leads_where_the_gateway_leads(variant):
    (rule,) = objects.named(variant, "Ingress", "parley")["spec"]["rules"]
    paths = rule["http"]["paths"]

    assert {path["pathType"] for path in paths} == {"Prefix"}
    assert {path["path"]: path["backend"]["service"]["name"] for path in paths} == WANTED
    for path in paths:
        assert path["backend"]["service"]["port"]["name"] in public_ports(
            variant, path["backend"]["service"]["name"]
        )


@pytest.mark.parametrize("variant", WITH_ROUTES)
def test_a_route_leads_where_the_gateway_leads(variant):
    found = {}
    for rule in rules(variant):
        (match,), (backend,) = rule["matches"], rule["backendRefs"]
        assert match["path"]["type"] == "PathPrefix"
        assert backend["port"] in public_ports(variant, backend["name"]).values()
        found[match["path"]["value"]] = backend["name"]

    assert found == WANTED


def public_ports(variant, name):
    """Return the ports of a Service by name."""
    ports = objects.named(variant, "Service", name)["spec"]["ports"]
    return {port["name"]: port["port"] for port in ports}


def rules(variant):
    return objects.named(variant, "HTTPRoute", "parley")["spec"]["rules"]


@pytest.mark.parametrize("variant", WITH_INGRESS)
def test_no_ingress_closes_a_websocket_before_the_server_would(variant):
    notes = objects.named(variant, "Ingress", "parley")["metadata"]["annotations"]
    waits = {
        key: int(found[1])
        for key, value in notes.items()
        if (found := SECONDS.fullmatch(value)) and "timeout" in key
    }

    assert {key.partition("/")[0] for key in waits} == {
        "haproxy-ingress.github.io",
        "nginx.org",
        "nginx.ingress.kubernetes.io",
    }
    assert min(waits.values()) > SILENCE_S


@pytest.mark.parametrize("variant", WITH_ROUTES)
def test_a_route_bounds_requests_and_no_websocket(variant):
    (server_s,) = WHOLE_REQUEST.findall((ROOT / "gateway" / "haproxy.cfg").read_text())
    bounds = {
        rule["matches"][0]["path"]["value"]: rule["timeouts"]["request"] for rule in rules(variant)
    }

    for path, bound in bounds.items():
        assert bound == ("0s" if path.startswith("/ws/") else f"{server_s}s")


@pytest.mark.parametrize("variant", sorted({*WITH_INGRESS, *WITH_ROUTES}))
def test_the_way_in_is_for_the_host_that_is_served(variant):
    host = objects.settings(variant, "chat")["ALLOWED_HOSTS"].split(",")[0]
    hosts = set()
    for ingress in objects.of_kind(variant, "Ingress"):
        hosts |= {rule["host"] for rule in ingress["spec"]["rules"]}
        hosts |= {name for tls in ingress["spec"]["tls"] for name in tls["hosts"]}
    for route in objects.of_kind(variant, "HTTPRoute"):
        hosts |= set(route["spec"]["hostnames"])
    for gateway in objects.of_kind(variant, "Gateway"):
        hosts |= {listener["hostname"] for listener in gateway["spec"]["listeners"]}

    assert hosts == {host}


@pytest.mark.parametrize("variant", WITH_ROUTES)
def test_http_leads_to_https_and_nowhere_else(variant):
    (rule,) = objects.named(variant, "HTTPRoute", "https-only")["spec"]["rules"]
    (redirect,) = rule["filters"]

    assert redirect["requestRedirect"] == {"scheme": "https", "statusCode": 301}
    assert "backendRefs" not in rule


@pytest.mark.parametrize("variant", [name for name in NAMES if not name.startswith("dev")])
def test_pages_of_that_host_may_connect_and_no_others(variant):
    for service in ("chat", "queue"):
        given = objects.settings(variant, service)

        assert given["ALLOWED_ORIGINS"] == f"https://{given['ALLOWED_HOSTS']}"
