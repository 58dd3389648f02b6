import io

from dev.log import Log


class ClosedTerminal(io.StringIO):
    def write(self, text):
        raise OSError("Input/output error")


def test_a_line_says_when_who_and_what():
    stream = io.StringIO()

    Log(stream).line("chat", "a line")

    moment, name, _, text = stream.getvalue().split(maxsplit=3)
    assert moment.count(":") == 2
    assert (name, text) == ("chat", "a line\n")


def test_the_moment_is_not_told_twice():
    stream = io.StringIO()

    Log(stream).line("chat", "2026-11-23T16:17:07.918113Z [info     ] chat_started")

    assert stream.getvalue().endswith("│ [info     ] chat_started\n")


def test_colours_are_only_for_terminals():
    plain, coloured = io.StringIO(), io.StringIO()

    Log(plain).line("chat", "a line")
    Log(coloured, coloured=True).line("chat", "a line")

    assert "\033[" not in plain.getvalue()
    assert "\033[" in coloured.getvalue()


def test_a_terminal_that_is_gone_stops_nobody():
    stream = ClosedTerminal()

    Log(stream).note("stopping")

    assert stream.getvalue() == ""
