import pytest
from redis.exceptions import (
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError as TooSlow,
)

from libs.common.redis_refusals import why_refused


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "full"),
        (ResponseError("MISCONF Errors writing to the AOF file: No space left on device"), "disk"),
        (ReadOnlyError("You can't write against a read only replica."), "replica"),
        (NoPermissionError("this user has no permissions"), "rights"),
        (ResponseError("WRONGTYPE Operation against a key"), None),
        (TooSlow("Timeout reading"), None),
    ],
)
def test_a_refusal_of_every_write_is_told_from_one_of_a_command(error, why):
    assert why_refused(error) == why
