import json
import logging

import pytest
import structlog

from libs.common import logs


@pytest.fixture
def written(capsys):
    """Tells what was logged; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quiet = {
        name: logging.getLogger(name).level for name in (*logs.NOISY, logs.ANSWERED, logs.RECEIVER)
    }
    yield lambda: capsys.readouterr().err
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def fail(message: str) -> None:
    raise ValueError(message)


def test_our_lines_and_those_of_libraries_come_out_alike(written):
    logs.configure(service="chat")

    structlog.get_logger("ours").info("room_loaded", room="r")
    logging.getLogger("theirs").warning("Not Found: %s", "/x")

    ours, theirs = [json.loads(line) for line in written().splitlines()]
    assert ours["event"] == "room_loaded"
    assert ours["room"] == "r"
    assert theirs["event"] == "Not Found: /x"
    assert ours.keys() - {"room"} == theirs.keys()
    assert ours["service"] == theirs["service"] == "chat"


def test_what_was_answered_with_4xx_or_a_refusal_is_no_news_and_other_5xx_is(written):
    logs.configure(service="chat")

    logging.getLogger("django.request").warning("Unauthorized: %s", "/x")
    logging.getLogger("django.request").error("Internal Server Error: %s", "/y")
    refused = {"status_code": 503}
    logging.getLogger("django.request").error("Service Unavailable: %s", "/z", extra=refused)

    assert [json.loads(line)["event"] for line in written().splitlines()] == [
        "Internal Server Error: /y"
    ]


def test_the_receiver_of_the_channel_layer_is_silent(written):
    logs.configure(service="chat")

    logging.getLogger("channels_redis.pubsub").error("Unexpected exception in receive task")

    assert written() == ""


def test_secrets_by_name_are_hidden(written):
    logs.configure(service="chat")

    structlog.get_logger().info("x", token="s3cret", Authorization="s3cret", text="s3cret", n=1)

    line = written()
    assert "s3cret" not in line
    assert json.loads(line)["n"] == 1


def test_query_strings_and_credentials_are_hidden_whoever_logs_them(written):
    logs.configure(service="chat")

    logging.getLogger("uvicorn.error").info(
        '%s - "WebSocket %s" [accepted]', "1.2.3.4", "/ws/chat/?ticket=s3cret&x=s3cret"
    )
    structlog.get_logger().info("connecting", url="redis://:s3cret@host:1/0")
    try:
        fail("GET /ws/chat/?ticket=s3cret")
    except ValueError:
        logging.getLogger("foreign").exception("failed")

    text = written()
    assert "s3cret" not in text
    assert text.count("/ws/chat/") == 2 + 1  # its source line and its error
    assert "host:1/0" in text


def test_the_row_in_an_error_of_postgresql_is_hidden(written):
    logs.configure(service="chat")

    try:
        fail("null value in column\nDETAIL:  Failing row contains (1, s3cret).\nCONTEXT:  here")
    except ValueError:
        structlog.get_logger().exception("bug")

    text = written()
    assert "s3cret" not in text
    assert "CONTEXT:  here" in text


@pytest.mark.parametrize("readable", [True, False])
def test_a_traceback_shows_no_local_variables(written, readable):
    logs.configure(service="chat", readable=readable)
    what_somebody_wrote = "s3cret"

    try:
        fail(str(len(what_somebody_wrote)))
    except ValueError:
        structlog.get_logger().exception("bug")

    text = written()
    assert "ValueError: 6" in text
    assert "s3cret" not in text


def test_below_the_level_nothing_is_written(written):
    logs.configure(service="chat", level="warning")

    structlog.get_logger().info("x")
    logging.getLogger("theirs").info("x")

    assert written() == ""


def test_an_unknown_level_is_refused():
    with pytest.raises(KeyError):
        logs.configure(service="chat", level="loud")
