"""What stands between the browser and the services."""

import psutil

from dev.settings import environment, from_environment


def test_the_gateway_is_the_one_that_was_asked_for(suite):
    wanted = from_environment(environment(), ()).gateway

    assert psutil.Process(suite.process("gateway").pid).name() == wanted
