"""Rendered NetworkPolicies as rules of nft, for the network of each pod by itself.

A pure function of the policies and of who has which address. As with policies, what nobody allows is
dropped, answers are let through, and a pod that no policy is about reaches and is reached by anybody.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dev.k8s.rendering import Manifest
from tests.kubernetes.selecting import is_selected

TABLE = "parley_play"
INGRESS, EGRESS = "Ingress", "Egress"
HEAD = """\
table inet {table} {{
  chain input {{
    type filter hook input priority 0; policy {input};
    iifname "lo" accept
    ct state established,related accept
    ip saddr {node} accept
{let_in}  }}
  chain output {{
    type filter hook output priority 0; policy {output};
    oifname "lo" accept
    ct state established,related accept
{let_out}  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A pod, as policies see it.

    Attributes:
        ports: its own, by name.
        namespace: labels of the namespace that it is in; none for the one of the policies.
    """

    name: str
    address: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    namespace: Mapping[str, str] | None = None


def rules_for(
    member: Member, policies: Iterable[Manifest], members: Sequence[Member], *, node: str
) -> str:
    """Return what nft is to read in the network of a pod.

    Args:
        member: the pod.
        policies: all NetworkPolicies of its namespace.
        members: everybody whom they may mean.
        node: the address of this machine, from which probes come: no policy is about it.
    """
    about = [
        each["spec"] for each in policies if is_selected(each["spec"]["podSelector"], member.labels)
    ]
    let_in = [
        line
        for spec in about
        for rule in spec.get("ingress", ())
        for line in _lines("saddr", rule.get("from"), rule.get("ports"), [member], members)
    ]
    let_out = [
        line
        for spec in about
        for rule in spec.get("egress", ())
        for line in _lines("daddr", rule.get("to"), rule.get("ports"), None, members)
    ]
    return HEAD.format(
        table=TABLE,
        node=node,
        input=_otherwise(INGRESS, about),
        output=_otherwise(EGRESS, about),
        let_in=_block(let_in),
        let_out=_block(let_out),
    )


def _otherwise(direction: str, about: Iterable[Mapping[str, Any]]) -> str:
    """Return what becomes of what nobody allows."""
    return "drop" if any(direction in spec["policyTypes"] for spec in about) else "accept"


def _block(lines: Iterable[str]) -> str:
    return "".join(f"    {line} accept\n" for line in dict.fromkeys(lines))


def _lines(
    side: str,
    peers: Sequence[Mapping[str, Any]] | None,
    ports: Sequence[Mapping[str, Any]] | None,
    listening: Sequence[Member] | None,
    members: Sequence[Member],
) -> Iterator[str]:
    """Yield the matches of one rule.

    Args:
        side: of the packet that the peers are on.
        peers: None for everybody.
        ports: None for all.
        listening: whose ports a name is of; None where it is the peers'.
        members: everybody whom the peers may mean.
    """
    for peer in [None] if peers is None else peers:
        if peer is not None and "ipBlock" in peer:
            yield from (f"{_block_of(side, peer['ipBlock'])}{port}" for port in _ports(ports, ()))
            continue
        meant = members if peer is None else [one for one in members if _is_meant(peer, one)]
        addresses = ", ".join(one.address for one in meant)
        if not addresses:
            continue
        where = "" if peer is None else f"ip {side} {{ {addresses} }}"
        whose = meant if listening is None else listening
        yield from (f"{where}{port}".strip() for port in _ports(ports, whose))


def _is_meant(peer: Mapping[str, Any], member: Member) -> bool:
    """Say whether a peer of a policy is this pod: of its own namespace, unless another is named."""
    spaces = peer.get("namespaceSelector")
    if spaces is None:
        is_there = member.namespace is None
    else:
        is_there = member.namespace is not None and is_selected(spaces, member.namespace)
    return is_there and is_selected(peer.get("podSelector", {}), member.labels)


def _block_of(side: str, block: Mapping[str, Any]) -> str:
    family = "ip6" if ipaddress.ip_network(block["cidr"]).version == 6 else "ip"
    but = ", ".join(block.get("except", ()))
    return f"{family} {side} {block['cidr']}" + (f" {family} {side} != {{ {but} }}" if but else "")


def _ports(ports: Sequence[Mapping[str, Any]] | None, whose: Sequence[Member]) -> Iterator[str]:
    """Yield the end of a match for each port; a name is looked up."""
    if ports is None:
        yield ""
        return
    for port in ports:
        protocol = port.get("protocol", "TCP").lower()
        if isinstance(port["port"], int):
            yield f" {protocol} dport {port['port']}"
            continue
        numbers = sorted({one.ports[port["port"]] for one in whose if port["port"] in one.ports})
        yield from (f" {protocol} dport {number}" for number in numbers)
