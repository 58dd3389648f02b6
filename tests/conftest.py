"""What is left to CI_FULL=1: tests that take long and whose matter is looked at elsewhere, too."""

from dev.settings import environment


def pytest_collection_modifyitems(config, items):
    """Leave out what is marked ``full``, unless it was asked for by name."""
    named = any("::" in argument for argument in config.args)
    if named or "CI_FULL" in environment():
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
