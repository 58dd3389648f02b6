"""NetworkPolicies as rules of nft: what is allowed is accepted, by address and port, and no more."""

import pytest

from tests.kubernetes.firewall import Member, rules_for
from tests.unit.k8s import objects

NODE = "10.0.0.1"
NAMES = Member(name="names", address=NODE, namespace={"kubernetes.io/metadata.name": "kube-system"})
STRANGER = Member(name="stranger", address="10.0.0.8", namespace={"any": "other"})
PROMETHEUS = Member(name="prometheus", address="10.0.0.9", namespace={"parley/monitoring": "true"})
SERVING = ("chat", "presence", "gateway", "queue", "postgres")


@pytest.fixture
def members():
    workloads = objects.workloads("dev")
    pods = [
        Member(
            name=name,
            address=f"10.0.0.{20 + number}",
            labels=objects.labels(workloads[name]),
            ports=objects.ports(workloads[name]),
        )
        for number, name in enumerate(SERVING)
    ]
    return {each.name: each for each in (*pods, NAMES, STRANGER, PROMETHEUS)}


def chains(members, name, policies=None):
    """Return what is accepted, and what becomes of the rest, by direction."""
    given = objects.of_kind("dev", "NetworkPolicy") if policies is None else policies
    found: dict[str, list[str]] = {}
    direction = ""
    for line in rules_for(members[name], given, list(members.values()), node=NODE).splitlines():
        words = line.strip()
        if words.startswith("chain"):
            direction = words.split()[1]
            found[direction] = []
        elif words.startswith("type"):
            found[direction].append(words.rpartition("policy ")[2])
        elif words.endswith(" accept"):
            found[direction].append(words.removesuffix(" accept"))
    return found


def test_a_service_is_reached_by_the_gateway_and_asked_by_prometheus(members):
    rest, *accepted = chains(members, "chat")["input"]

    assert rest == "drop;"
    assert accepted == [
        'iifname "lo"',
        "ct state established,related",
        f"ip saddr {NODE}",
        "ip saddr { 10.0.0.22 } tcp dport 8000",
        "ip saddr { 10.0.0.9 } tcp dport 9000",
    ]


def test_a_name_of_a_port_is_that_of_whoever_listens(members):
    accepted = chains(members, "gateway")["output"]

    assert "ip daddr { 10.0.0.20, 10.0.0.21, 10.0.0.23 } tcp dport 8000" in accepted


def test_everybody_reaches_what_is_for_everybody(members):
    assert "tcp dport 8080" in chains(members, "gateway")["input"]


def test_everybody_asks_for_names_by_both_protocols(members):
    for name in SERVING:
        accepted = chains(members, name)["output"]
        assert f"ip daddr {{ {NODE} }} udp dport 53" in accepted
        assert f"ip daddr {{ {NODE} }} tcp dport 53" in accepted


def test_queue_reaches_public_addresses_and_no_private_one(members):
    (fourth, sixth) = (
        line for line in chains(members, "queue")["output"] if line.endswith("dport 443")
    )

    assert fourth.startswith("ip daddr 0.0.0.0/0 ip daddr != { 0.0.0.0/8, 10.0.0.0/8,")
    assert sixth == "ip6 daddr 2000::/3 tcp dport 443"


def test_a_server_goes_nowhere(members):
    rest, *accepted = chains(members, "postgres")["output"]

    assert rest == "drop;"
    assert all("dport 53" in line for line in accepted[2:])


def test_who_is_in_another_namespace_is_not_who_has_the_labels_here(members):
    other = Member(
        name="other",
        address="10.0.0.30",
        labels=members["gateway"].labels,
        namespace={"any": "other"},
    )

    accepted = chains(members | {"other": other}, "chat")["input"]

    assert not any("10.0.0.30" in line for line in accepted)


def test_nobody_is_kept_apart_where_no_policy_is_about_them(members):
    found = chains(members, "chat", policies=[])

    assert found["input"][0] == found["output"][0] == "accept;"


def test_a_policy_of_one_direction_leaves_the_other_open(members):
    policy = {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}

    found = chains(members, "chat", policies=[policy])

    assert (found["input"][0], found["output"][0]) == ("drop;", "accept;")


def test_a_rule_without_ports_is_about_all_of_them(members):
    policy = {
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {}}]}],
        }
    }

    accepted = chains(members, "chat", policies=[policy])["input"]

    assert "ip saddr { 10.0.0.20, 10.0.0.21, 10.0.0.22, 10.0.0.23, 10.0.0.24 }" in accepted


def test_nobody_with_such_labels_lets_nobody_in(members):
    policy = {
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}],
        }
    }

    rest, *accepted = chains(members, "chat", policies=[policy])["input"]

    assert (rest, len(accepted)) == ("drop;", 3)
