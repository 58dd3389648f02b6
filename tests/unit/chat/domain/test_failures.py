import pytest

from services.chat.domain.failures import Failure, judge_failure


@pytest.mark.parametrize(
    ("sqlstate", "failure"),
    [
        ("40001", Failure.REPEAT),  # serialization_failure
        ("40P01", Failure.REPEAT),  # deadlock_detected
        ("55P03", Failure.REPEAT),  # lock_not_available
        ("57014", Failure.REPEAT),  # query_canceled: statement_timeout
        ("22021", Failure.DATA),  # character_not_in_repertoire
        ("23514", Failure.DATA),  # check_violation
        ("23505", Failure.DATA),  # unique_violation
        ("08006", Failure.DOWN),  # connection_failure
        ("25006", Failure.DOWN),  # read_only_sql_transaction
        ("53100", Failure.DOWN),  # disk_full
        ("53300", Failure.DOWN),  # too_many_connections
        ("57P01", Failure.DOWN),  # admin_shutdown
        ("57P03", Failure.DOWN),  # cannot_connect_now
        ("58030", Failure.DOWN),  # io_error
        ("XX000", Failure.DOWN),  # internal_error
        ("42883", Failure.BUG),  # undefined_function
        ("", Failure.BUG),
    ],
)
def test_each_refusal_of_postgresql_asks_for_something(sqlstate, failure):
    assert judge_failure(sqlstate) is failure
