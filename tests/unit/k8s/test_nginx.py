"""What nginx is told, out of the rendered Ingress: nothing that does not stand there."""

import copy
import re

import pytest

from dev.k8s.nginx import DEFAULTS, configuration
from libs.common.http.bodies import BODY_BYTES
from services.chat.domain.pictures import SENT_BYTES
from tests.unit.k8s import objects
from tests.unit.k8s.test_paths import WANTED

ADDRESSES = {
    "chat": ["127.0.0.1:7001", "127.0.0.1:7002"],
    "presence": ["127.0.0.1:7003"],
    "queue": ["127.0.0.1:7004"],
    "receipts": ["127.0.0.1:7005"],
}
LOCATION = re.compile(r"^ +location (\S+) \{\n(.*?)^ +\}$", re.MULTILINE | re.DOTALL)
UPSTREAM = re.compile(r"^ +upstream (\S+) \{\n(.*?)^ +\}$", re.MULTILINE | re.DOTALL)
SERVER = re.compile(r"server (\S+) ")
MEGABYTE = 1024 * 1024


@pytest.fixture
def ingress():
    return copy.deepcopy(objects.named("ingress", "Ingress", "parley"))


def text_of(ingress):
    return configuration(ingress, port=8000, addresses=ADDRESSES)


def locations_of(text):
    """Return what is said of each path, in the order in which it stands there."""
    return {
        path: {line.strip().removesuffix(";") for line in lines.splitlines()}
        for path, lines in LOCATION.findall(text)
    }


def test_every_path_leads_to_all_processes_of_its_service(ingress):
    text = text_of(ingress)
    servers = {name: SERVER.findall(lines) for name, lines in UPSTREAM.findall(text)}

    led = {
        path: name
        for path, said in locations_of(text).items()
        for name in ADDRESSES
        if f"proxy_pass http://{name}" in said
    }

    assert led == WANTED
    assert servers == ADDRESSES


def test_longer_paths_stand_before_shorter_ones_and_everything_else_last(ingress):
    paths = list(locations_of(text_of(ingress)))

    assert paths == sorted(paths, key=len, reverse=True)
    assert paths[-1] == "/"


def test_websockets_pass_to_the_services_that_are_said_to_have_them(ingress):
    upgraded = {
        path
        for path, said in locations_of(text_of(ingress)).items()
        if {
            "proxy_set_header Upgrade $http_upgrade",
            "proxy_set_header Connection $connection_upgrade",
        }
        <= said
    }

    assert upgraded == {path for path, service in WANTED.items() if service == "chat"}


def test_without_the_annotation_no_websocket_passes(ingress):
    del ingress["metadata"]["annotations"]["nginx.org/websocket-services"]

    assert "proxy_set_header Upgrade" not in text_of(ingress)


@pytest.mark.parametrize("what", ["read", "send"])
def test_how_long_silence_is_borne_is_what_the_annotation_says(ingress, what):
    ingress["metadata"]["annotations"][f"nginx.org/proxy-{what}-timeout"] = "123s"

    for said in locations_of(text_of(ingress)).values():
        assert f"proxy_{what}_timeout 123s" in said


@pytest.mark.parametrize("what", ["read", "send"])
def test_without_the_annotation_it_is_what_that_controller_does(ingress, what):
    del ingress["metadata"]["annotations"][f"nginx.org/proxy-{what}-timeout"]

    for said in locations_of(text_of(ingress)).values():
        assert f"proxy_{what}_timeout 60s" in said


def test_services_are_told_who_asked_and_for_what_host(ingress):
    for said in locations_of(text_of(ingress)).values():
        assert {
            "proxy_set_header Host $host",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for",
            "proxy_set_header X-Forwarded-Proto $scheme",
        } <= said


def test_the_longest_body_passes(ingress):
    for said in locations_of(text_of(ingress)).values():
        assert "client_max_body_size 1m" in said
    assert max(BODY_BYTES, SENT_BYTES) < MEGABYTE


def test_an_annotation_of_which_nothing_is_known_is_refused(ingress):
    ingress["metadata"]["annotations"]["nginx.org/proxy-buffering"] = "false"

    assert "proxy-buffering" not in DEFAULTS
    with pytest.raises(LookupError, match="proxy-buffering"):
        text_of(ingress)


def test_a_path_that_is_no_beginning_is_refused(ingress):
    ingress["spec"]["rules"][0]["http"]["paths"][0]["pathType"] = "Exact"

    with pytest.raises(ValueError, match="Exact"):
        text_of(ingress)


def test_no_query_is_logged(ingress):
    text = text_of(ingress)

    assert "access_log off;" in text
    assert "error_log stderr crit;" in text
