"""No subscription makes the server call inside a network, however its address is written."""

import ipaddress

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.queue.domain.endpoints import Endpoint, EndpointRules, check_auth, check_point
from services.queue.domain.vapid import base64url

PUBLIC = ["8.8.8.8", "142.250.74.106", "2a00:1450:4001:81b::200a", "64:ff9b::808:808"]
INSIDE = [
    "0.0.0.0",  # noqa: S104 - not to be called
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001:0:4136:e378::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
LOOPBACK = {"127.0.0.1", "127.8.8.8", "::1"}
RULES, AT_HOME = EndpointRules(), EndpointRules(loopback=True)


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_called(text):
    assert RULES.may_call(ipaddress.ip_address(text))
    assert AT_HOME.may_call(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", INSIDE)
def test_no_address_inside_a_network_is_called_but_this_machine_in_development(text):
    assert not RULES.may_call(ipaddress.ip_address(text))
    assert AT_HOME.may_call(ipaddress.ip_address(text)) == (text in LOOPBACK)


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        ("https://push.example/a/b?c=d#e", "https://push.example", "/a/b?c=d"),
        ("https://push.example", "https://push.example", "/"),
        ("https://PUSH.example:443/x", "https://push.example", "/x"),
        ("https://push.example:8443/x", "https://push.example:8443", "/x"),
        ("https://[2a00:1450::a]:8443/x", "https://[2a00:1450::a]:8443", "/x"),
        ("http://127.0.0.1:80/x", "http://127.0.0.1", "/x"),
    ],
)
def test_an_endpoint_in_its_parts(text, origin, target):
    endpoint = Endpoint.of(text)

    assert (endpoint.origin, endpoint.target) == (origin, target)
    assert endpoint.host == origin.partition("//")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "push.example/x",
        "//push.example/x",
        "ftp://push.example/x",
        "https:///x",
        "https://push.example:0/x",
        "https://push.example:65536/x",
        "https://push.example:x/x",
        "https://[::1/x",
        "https://ann@push.example/x",
        "https://ann:secret@push.example/x",
        "https://push.example\\@evil.example/x",
        "https://push.example/a b",
        "https://push.example/\r\nX: y",
        "https://push.example/\0",
        "https://püsh.example/x",
        f"https://{'a' * 64}.example/x",
        "https://a..example/x",
    ],
)
def test_what_is_no_endpoint_is_refused(text):
    with pytest.raises(ValueError, match=r"^(is|has|must)"):
        Endpoint.of(text)


@pytest.mark.parametrize("text", [f"https://{each}/x" for each in ("10.0.0.1", "[fd00::1]")])
def test_an_address_inside_a_network_is_refused_where_it_is_written(text):
    for rules in (RULES, AT_HOME):
        with pytest.raises(ValueError, match="no address of a push service"):
            rules.check(text)


@pytest.mark.parametrize("name", ["127.0.0.1:9", "localhost:9", "[::1]:9"])
def test_this_machine_is_called_without_tls_in_development_only(name):
    assert AT_HOME.check(f"http://{name}/x").origin == f"http://{name}"
    with pytest.raises(ValueError, match="https"):
        RULES.check(f"http://{name}/x")


def test_another_machine_is_called_over_tls_in_development_too():
    with pytest.raises(ValueError, match="https"):
        AT_HOME.check("http://push.example/x")


def test_the_longest_endpoint():
    text = "https://push.example/"
    longest = text + "x" * (2048 - len(text))

    assert RULES.check(longest).name == "push.example"
    with pytest.raises(ValueError, match="longer"):
        RULES.check(longest + "x")


@pytest.mark.parametrize(
    ("host", "called", "not_called"),
    [
        ("push.example", "push.example", "a.push.example"),
        ("*.push.example", "a.b.push.example", "push.example"),
        ("*.push.example", "a.push.example", "evilpush.example"),
    ],
)
def test_where_hosts_are_listed_others_are_refused(host, called, not_called):
    rules = EndpointRules(hosts=(host,))

    assert rules.check(f"https://{called}/x").name == called
    with pytest.raises(ValueError, match="not used here"):
        rules.check(f"https://{not_called}/x")


def test_the_keys_of_a_browser():
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    encoding, form = serialization.Encoding.X962, serialization.PublicFormat
    point = public.public_bytes(encoding, form.UncompressedPoint)
    compressed = public.public_bytes(encoding, form.CompressedPoint)

    assert check_point(base64url(point)) == point
    assert check_point(base64url(point) + "=") == point
    assert check_auth(base64url(b"a" * 16)) == b"a" * 16
    for wrong in ("", "é", "no base64!", base64url(compressed), base64url(point[:64] + b"\0")):
        with pytest.raises(ValueError, match=r"^is"):
            check_point(wrong)
    for wrong in ("", base64url(b"a" * 17)):
        with pytest.raises(ValueError, match="16 bytes"):
            check_auth(wrong)
