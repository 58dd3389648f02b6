"""Ticks and reading in terminals, with the real suite behind them."""

import re
import time

from tests.integration.clients.stage import at_terminals, piped, reported
from tests.integration.clients.terminal import LOOK_S, WITHIN_S, Terminal

AWAY, BACK = "\x1b[O", "\x1b[I"
"""What a terminal says when its window loses and gets the focus."""
READ_BY_BOB = re.compile(r"✓✓  Bob \(@\w+\)  received .* \d\d:\d\d  read .* \d\d:\d\d")


def test_ticks_tell_who_has_a_message_and_reading_waits_for_the_focus(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    world.tell(world.room(ann, bob, name="Hall"))
    with at_terminals(world, ann, bob, bob) as (anns, bobs, phone):
        for terminal in (anns, bobs):
            terminal.type("/open hall")
            terminal.until("Hall >", "Nothing was said here yet.")
        bobs.type(AWAY, enter=False)
        anns.type("Look here")
        bobs.until("Ann │ Look here")
        phone.until("Ann: Look here", "1 unread elsewhere")
        anns.until("you✓✓ Look here")
        delivered = anns.screen.color_of("✓✓")
        anns.type("And here")
        bobs.until("Ann │ And here")
        phone.until("2 unread elsewhere")
        anns.until("you✓✓ And here")
        unread = anns.screen.color_of("✓✓ Look")
        bobs.type(BACK, enter=False)
        anns.until_true(lambda: anns.screen.color_of("✓✓") != delivered, "other ticks")
        phone.until_true(lambda: "unread elsewhere" not in phone.screen.lines[-1], "less unread")
        anns.type("/who 1")
        anns.until("Message 1: read by 1 and received by 1 of 1.")
        anns.until_true(lambda: READ_BY_BOB.search(anns.screen.text) is not None, "times")

        assert unread == delivered
        assert "[I" not in bobs.screen.text + phone.screen.text


def test_who_keeps_to_oneself_what_one_reads_is_seen_to_receive_only(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    world.tell(world.room(ann, bob, name="Hall"))
    with at_terminals(world, ann, bob) as (anns, bobs):
        bobs.type("/receipts off")
        bobs.until("Others do not see what you read.")
        for terminal in (anns, bobs):
            terminal.type("/open hall")
            terminal.until("Hall >")
        anns.type("Secret?")
        bobs.until("Ann │ Secret?")
        anns.until("you✓✓ Secret?")
        before = anns.screen.color_of("✓✓")
        bobs.type("No")
        anns.until("Bob │ No")
        anns.type("/who 1")
        anns.until("Message 1: read by 0 and received by 1 of 1.")

        assert anns.screen.color_of("✓✓") == before


def test_lines_that_can_no_longer_change_scroll_away_in_order_each_once(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    room = world.room(ann, bob, name="Hall")
    world.fill(room, bob, 30)
    with Terminal(["--url", world.url], env={"PARLEY_TOKEN": ann.token}, rows=14) as anns:
        anns.until("no conversation >")
        anns.type("/open hall")
        anns.until("Hall >", "number 30")
        anns.type("".join(f"own {number}\r" for number in range(12)), enter=False)
        anns.until("  42 ")
        anns.type("/re\t", enter=False)
        listed = anns.until("remove    rename    reply")
        # While the list is written the terminal reads keys itself, and would take this one.
        anns.until_true(lambda: not anns.echoes, "prompt behind the list")
        anns.type("\x15/members")
        anns.until("(you)")
        status = anns.leave()

    shown = [int(seq) for seq in re.findall(r"^ +(\d+) \d\d:\d\d ", anns.screen.text, re.MULTILINE)]
    assert status == 0
    assert shown == list(range(1, 43))
    assert listed.index("own 11") < listed.index("remove    rename")


def test_a_script_reports_nothing_as_read_unless_it_is_told_to(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    room = world.room(ann, bob, name="Hall")
    world.tell(room)
    piped(world, "--to", "hall", text="one\n", PARLEY_TOKEN=ann.token)
    said = "/open hall\n/who 1\n"

    silent = piped(world, text=said, PARLEY_TOKEN=bob.token)
    unread = reported(world, room, bob)
    piped(world, "--to", "hall", text="two\n", PARLEY_TOKEN=bob.token)
    aloud = piped(world, "--read", text=said, PARLEY_TOKEN=bob.token)

    assert b"Ann \xe2\x94\x82 one" in silent.stdout
    assert b"Message 1: read by 0 and received by 0 of 1." in silent.stdout
    assert b"Ann \xe2\x94\x82 one" in aloud.stdout
    assert unread == (0, 0)
    deadline = time.monotonic() + WITHIN_S
    while reported(world, room, bob) != (2, 2):
        assert time.monotonic() < deadline
        time.sleep(LOOK_S)
