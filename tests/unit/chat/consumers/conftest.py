from collections.abc import AsyncIterator

import pytest

from tests.unit.chat.consumers.visit import Visit


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    visit = Visit()
    await visit.until(lambda: visit.frames)
    yield visit
    await visit.leave()
