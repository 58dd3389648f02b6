"""One more process of chat beside the suite's, with settings of its own."""

import contextlib
from collections.abc import Iterator, Mapping

import pytest

from dev.extra_chat import ExtraChat
from tests.integration.chat.world import World


@contextlib.contextmanager
def extra_chat(world: World, env: Mapping[str, str]) -> Iterator[ExtraChat]:
    """Run it inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        extra = world.suite.start_extra_chat()
    try:
        yield extra
    finally:
        extra.kill()
