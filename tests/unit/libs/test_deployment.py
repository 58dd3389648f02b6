"""Django's own check of a deployment finds nothing, and what is for development starts nowhere else."""

import subprocess
import sys

import pytest

from dev.services import SERVICES
from dev.settings import ROOT
from libs.common.config import EX_CONFIG, check_hosts, check_origins
from tests.production import HOST, ORIGIN, production

CHECK = ("check", "--deploy", "--fail-level", "WARNING")
NAMES = [service.name for service in SERVICES]
WITH_ORIGINS = ["chat", "queue"]
"""Services that pages write to."""
LOCAL = "http://127.0.0.1:8000"


def check(service, **changed):
    return subprocess.run(
        [sys.executable, "-m", f"services.{service}", *CHECK],
        cwd=ROOT,
        env={**production(), **changed},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("service", NAMES)
def test_a_deployment_is_as_django_wants_it(service):
    checked = check(service)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert "no issues" in checked.stdout


def test_a_weak_key_would_be_found():
    weak = check("presence", SECRET_KEY="ab" * 30)

    assert weak.returncode == 1
    assert "security.W009" in weak.stderr


@pytest.mark.parametrize("service", NAMES)
def test_a_short_key_does_not_start(service):
    refused = check(service, SECRET_KEY="only-for-tests")

    assert refused.returncode == EX_CONFIG
    assert "SECRET_KEY: " in refused.stderr
    assert "only-for-tests" not in refused.stderr


@pytest.mark.parametrize("keys", ["no JSON", "[]", '{"key": 1}'])
def test_keys_that_cannot_be_read_are_named_and_not_repeated(keys):
    refused = check("presence", TOKEN_VERIFY_KEYS=keys)

    assert refused.returncode == EX_CONFIG
    assert "TOKEN_VERIFY_KEYS" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert keys not in refused.stderr


@pytest.mark.parametrize(
    "origins",
    [[ORIGIN], [f"http://{HOST}"], [LOCAL, ORIGIN], [f"http://localhost.{HOST}"], ["localhost"]],
)
def test_development_is_for_pages_on_this_machine(origins):
    with pytest.raises(ValueError, match="origins on this machine only"):
        check_origins(origins, development=True)


@pytest.mark.parametrize("origins", [[LOCAL], [f"http://{HOST}"], [ORIGIN, f"http://{HOST}"]])
def test_pages_without_tls_are_for_development(origins):
    with pytest.raises(ValueError, match="have to be https"):
        check_origins(origins, development=False)


@pytest.mark.parametrize("hosts", [["127.0.0.1", "localhost", "[::1]"], []])
def test_development_is_served_under_names_of_this_machine(hosts):
    check_hosts(hosts, development=True)
    check_hosts([HOST], development=False)


@pytest.mark.parametrize("hosts", [[HOST], ["localhost", HOST], ["*"], [f"localhost.{HOST}"]])
def test_development_is_served_under_no_other_name(hosts):
    with pytest.raises(ValueError, match="hosts of this machine only"):
        check_hosts(hosts, development=True)


HALF = [
    *((service, {"DEVELOPMENT": "true"}, "of this machine only") for service in NAMES),
    *((service, {"ALLOWED_ORIGINS": LOCAL}, "have to be https") for service in WITH_ORIGINS),
    *(
        (service, {"DEVELOPMENT": "true", "ALLOWED_HOSTS": "localhost"}, "on this machine only")
        for service in WITH_ORIGINS
    ),
]
"""A service, what of its settings is for development, and what it says of that."""


@pytest.mark.parametrize(("service", "changed", "said"), HALF)
def test_a_service_that_is_half_in_development_does_not_start(service, changed, said):
    refused = check(service, **changed)

    assert refused.returncode == EX_CONFIG
    assert said in refused.stderr


@pytest.mark.parametrize("service", NAMES)
def test_development_on_this_machine_would_not_do_as_a_deployment(service):
    local = {
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "ALLOWED_ORIGINS": f"{LOCAL},http://localhost:8000",
    }

    served = check(service, DEVELOPMENT="true", **local)

    assert served.returncode != EX_CONFIG
    assert "security.W010" in served.stderr
