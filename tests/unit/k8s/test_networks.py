"""Who may reach whom: everything is denied, and this is the whole list of what is not."""

import pytest

from tests.unit.k8s import objects
from tests.unit.k8s.objects import NAMES, OURS

INGRESS = "namespaces with parley/ingress=true"
MONITORING = "namespaces with parley/monitoring=true"
EVERYBODY = "everybody"
ANYWHERE = "anywhere"
PUBLIC = "public addresses"
NAMES_OF_HOSTS = "namespaces with kubernetes.io/metadata.name=kube-system"
ASKED = {"presence", "queue", "receipts"}
"""Those whom chat asks for the trace of a message."""
COMES_IN = {
    "chat": {"http": {INGRESS, "gateway"}, "internal": {MONITORING}},
    **{
        service: {"http": {INGRESS, "gateway", "chat"}, "internal": {MONITORING}}
        for service in ASKED
    },
    "gateway": {"http": {EVERYBODY}, "internal": {MONITORING}},
    "migrate": {},
    "postgres": {"postgres": {*OURS, "migrate"}},
    "redis": {"redis": set(OURS)},
}
GOES_OUT = {
    **{service: {5432: {ANYWHERE}, 6379: {ANYWHERE}} for service in OURS},
    "chat": {5432: {ANYWHERE}, 6379: {ANYWHERE}, "http": ASKED},
    "queue": {5432: {ANYWHERE}, 6379: {ANYWHERE}, 443: {PUBLIC}},
    "gateway": {"http": set(OURS)},
    "migrate": {5432: {ANYWHERE}},
    "postgres": {},
    "redis": {},
}
"""Beside names of hosts, which everybody asks for. Where PostgreSQL and Redis are nobody knows here."""


@pytest.mark.parametrize("variant", NAMES)
def test_nobody_reaches_anybody_unless_somebody_says_so(variant):
    (nobody,) = (
        each
        for each in objects.of_kind(variant, "NetworkPolicy")
        if each["metadata"]["name"] == "nobody"
    )

    assert nobody["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("variant", NAMES)
def test_every_workload_lets_in_exactly_its_peers(variant):
    found = {name: let_in(variant, name) for name in objects.workloads(variant)}
    here = {*objects.workloads(variant), INGRESS, MONITORING, EVERYBODY}

    assert found == {
        name: {port: peers & here for port, peers in COMES_IN[name].items()} for name in found
    }


@pytest.mark.parametrize("variant", NAMES)
def test_every_workload_goes_out_to_where_it_has_to_and_nowhere_else(variant):
    for name in objects.workloads(variant):
        found = goes_out(variant, name)

        assert found.pop(53) == {NAMES_OF_HOSTS}
        assert found == GOES_OUT[name]


@pytest.mark.parametrize("variant", NAMES)
def test_a_policy_is_about_somebody_and_names_ports_that_its_pods_have(variant):
    for policy in policies(variant):
        about = objects.selected(variant, policy["spec"]["podSelector"])
        if policy["spec"]["podSelector"] == {"matchLabels": {"cnpg.io/cluster": "postgres"}}:
            assert objects.named(variant, "Cluster", "postgres")
            continue
        assert about
        for rule in policy["spec"].get("ingress", ()):
            for port in rule["ports"]:
                assert all(
                    port["port"] in objects.ports(objects.workloads(variant)[name])
                    for name in about
                )


def test_the_databases_of_an_operator_are_reached_by_who_reaches_those_of_development():
    (policy,) = (
        each for each in policies("cloudnative-pg") if each["metadata"]["name"] == "postgres"
    )

    first = policy["spec"]["ingress"][0]

    assert first["ports"] == [{"port": 5432}]
    assert peers_of("cloudnative-pg", first.get("from")) == {*OURS, "migrate"}


def test_no_private_address_is_a_push_service():
    out = [
        peer["ipBlock"]
        for policy in policies("production")
        for rule in policy["spec"].get("egress", ())
        for peer in rule.get("to", ())
        if "ipBlock" in peer
    ]

    assert {block["cidr"] for block in out} == {"0.0.0.0/0", "2000::/3"}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(
        out[0]["except"]
    )


def policies(variant):
    return objects.of_kind(variant, "NetworkPolicy")


def about(variant, name):
    """Yield the policies of a workload."""
    for policy in policies(variant):
        if name in objects.selected(variant, policy["spec"]["podSelector"]):
            yield policy["spec"]


def let_in(variant, name):
    """Return who may reach each port of a workload."""
    found: dict[object, set[str]] = {}
    for policy in about(variant, name):
        assert "Ingress" in policy["policyTypes"] or "ingress" not in policy
        for rule in policy.get("ingress", ()):
            for port in rule["ports"]:
                found.setdefault(port["port"], set()).update(peers_of(variant, rule.get("from")))
    return found


def goes_out(variant, name):
    """Return whom a workload may reach at each port."""
    found: dict[object, set[str]] = {}
    for policy in about(variant, name):
        assert "Egress" in policy["policyTypes"] or "egress" not in policy
        for rule in policy.get("egress", ()):
            to = peers_of(variant, rule["to"]) if "to" in rule else {ANYWHERE}
            for port in rule["ports"]:
                found.setdefault(port["port"], set()).update(to)
    return found


def peers_of(variant, peers):
    """Return who is meant, by the name of a workload or by what a namespace is called."""
    if peers is None:
        return {EVERYBODY}
    found = set()
    for peer in peers:
        if "ipBlock" in peer:
            found.add(PUBLIC)
        elif "namespaceSelector" in peer:
            (label,) = peer["namespaceSelector"]["matchLabels"].items()
            found.add(f"namespaces with {'='.join(label)}")
        else:
            found |= objects.selected(variant, peer["podSelector"])
    return found
