"""The site of the tutorial, beside a suite that was started as the tutorial says."""

import pytest

from dev.harness import RunningSuite
from dev.ports import free_port
from tests import tutorial
from tests.django_site import DjangoSite
from tests.integration.examples.visitor import make_users

PEOPLE = 10


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Start both. Shared: take users of your own."""
    folder, port = tmp_path_factory.mktemp("tutorial"), free_port()
    given = tutorial.variables_of_parley(f"http://127.0.0.1:{port}")
    suite = RunningSuite.start(folder / "run", env=given)
    site = DjangoSite.start(folder / "site", suite, port=port)
    yield site
    site.stop()
    assert suite.stop() == 0, suite.log


@pytest.fixture(scope="module")
def users(site):
    """Users of the site, whom nobody has taken yet; the last one is staff."""
    return make_users(site, PEOPLE)
