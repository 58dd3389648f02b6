import pytest

from dev.monitoring.scraping import scraping
from dev.monitoring.servers import running_prometheus


@pytest.fixture
def prometheus(world, tmp_path):
    """A Prometheus that scrapes the suite each second, with the rules as they are."""
    with running_prometheus(tmp_path / "prometheus", scraping(world.suite.state)) as running:
        yield running
