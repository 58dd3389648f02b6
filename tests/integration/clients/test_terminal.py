"""People who chat in terminals, with the real suite behind them."""

import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from clients.python.parley import Socket
from dev.settings import ROOT, environment
from tests.integration.chat.world import Person, World, message_frame
from tests.integration.clients.terminal import LOOK_S, PROGRAM, WITHIN_S, Terminal

PASSWORD = "violet harbour 71"
AWAY, BACK = "\x1b[O", "\x1b[I"
"""What a terminal says when its window loses and gets the focus."""
WATCH_FOCUS, IGNORE_FOCUS = b"\x1b[?1004h", b"\x1b[?1004l"


@contextmanager
def at_terminals(
    world: World, *people: Person, env: Mapping[str, str] | None = None
) -> Iterator[list[Terminal]]:
    terminals = []
    try:
        for person in people:
            given = {"PARLEY_TOKEN": person.token, **(env or {})}
            terminals.append(Terminal(["--url", world.url], env=given))
        for terminal in terminals:
            terminal.until("Signed in as", "no conversation >")
        yield terminals
    finally:
        for terminal in terminals:
            terminal.close()


def piped(
    world: World, *arguments: str, text: str = "", url: str = "", **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*PROGRAM, "--url", url or world.url, *arguments],
        input=text.encode(),
        capture_output=True,
        cwd=ROOT,
        env={**environment(), **env},
        timeout=30,
        check=False,
    )


def contents(world: World, room: str) -> list[str]:
    return [
        row[0]
        for row in world.rows("select content from message where room_id=%s order by seq", room)
    ]


def room_of(world: World, *people: Person) -> str:
    sql = "select room_id from member group by room_id having array_agg(user_id::text) @> %s"
    return str(world.rows(sql, [person.id for person in people])[0][0])


def reported(world: World, room: str, person: Person) -> tuple[int, int]:
    rows = world.receipts_rows(
        "select delivered_seq, read_seq from watermark where room_id=%s and user_id=%s",
        *(room, person.id),
    )
    return rows[0] if rows else (0, 0)


def test_two_people_chat_though_chat_goes_away_meanwhile(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    with at_terminals(world, ann, bob) as (anns, bobs):
        anns.type(f"/open {bob.username}")
        anns.until("Bob >")
        anns.type("Good morning")
        anns.until("you✓✓ Good morning")
        bobs.until("New: Ann. /open 1 opens it.", "[1] Ann: Good morning", "1 unread elsewhere")
        bobs.type("/open ann")
        bobs.until("Ann >", "── 1 new ─", "Ann │ Good morning")

        with world.suite.stopped("chat"):
            anns.type("Are you there?")
            anns.until("you … Are you there?", "1 on its way", "○ reconnecting in")
            bobs.type("I was away")
            bobs.until("you … I was away")
            anns.type("/quit")
            anns.until("Not everything is sent yet.")

        anns.until("you✓✓ Are you there?", "Bob │ I was away", "● connected")
        bobs.until("you✓✓ I was away", "Ann │ Are you there?", "● connected")
        anns.type("/reply 1 It is still morning")
        bobs.until("↪ Ann: Good morning", "Ann │ It is still")

        assert anns.leave() == 0
        assert bobs.leave("\x03") == 0
    said = contents(world, room_of(world, ann, bob))
    assert sorted(said) == sorted(
        ["Good morning", "Are you there?", "I was away", "It is still morning"]
    )


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
        bobs.type(BACK, enter=False)
        anns.until_true(lambda: anns.screen.color_of("✓✓") != delivered, "other ticks")
        phone.until_true(lambda: "unread elsewhere" not in phone.screen.lines[-1], "less unread")
        anns.type("/who 1")
        who = anns.until("Message 1: read by 1 and received by 1 of 1.", "read ")

        assert re.search(r"✓✓  Bob \(@\w+\)  received .* \d\d:\d\d  read .* \d\d:\d\d", who)
        assert "[I" not in bobs.screen.text + phone.screen.text
        assert bobs.leave() == 0
        assert bobs.raw.index(WATCH_FOCUS) < bobs.raw.index(IGNORE_FOCUS)


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


def test_a_group_is_made_renamed_and_left(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    with at_terminals(world, ann, bob) as (anns, bobs):
        anns.type(f'/group "The Team" {bob.username}')
        anns.until("The Team (2 members)")
        bobs.until("New: The Team.")
        bobs.type("/open the team")
        bobs.until("The Team >")
        bobs.type("/rename Mine")
        bobs.until("owner")
        anns.type("/rename The Crew")
        anns.until("The Team is called The Crew now.")
        bobs.until("The Team is called The Crew now.", "The Crew >")
        anns.type(f"/role {bob.username} admin")
        anns.until("has the role admin now")
        anns.type("/members")
        anns.until("(you)  owner", "admin")
        anns.type(f"/remove {bob.username}")
        bobs.until("You are no longer in The Crew.", "no conversation >")
        bobs.type("Hello?")
        bobs.until("Open a conversation first")
        anns.type("/leave")
        anns.until("You are no longer in The Crew.", "no conversation >")


def test_an_account_is_made_and_its_password_is_never_seen(world):
    username = f"u{uuid.uuid4().hex[:12]}"
    with Terminal(["--url", world.url]) as terminal:
        terminal.until("Do you have an account?")
        terminal.type("n")
        terminal.until("Username:")
        terminal.type(username)
        terminal.until("Password:")
        terminal.type(PASSWORD)
        terminal.until("Once more:")
        terminal.type(PASSWORD)
        terminal.until(f"Signed in as @{username}", "no conversation >")
        assert terminal.leave() == 0
        assert PASSWORD.encode() not in terminal.raw

    with Terminal(["--url", world.url, username]) as terminal:
        terminal.until("Password:")
        terminal.type("something else")
        # What is typed before the question is thrown away, so that nobody's keys become a password.
        terminal.until("Wrong username or password.", "account.\nPassword:")
        terminal.type(PASSWORD)
        terminal.until(f"Signed in as @{username}")


async def test_what_a_message_holds_cannot_touch_the_terminal(world):
    ann, eve = world.person("Ann"), world.person("Eve")
    room = world.room(ann, eve, name="Den")
    world.rows("update chat_user set display_name = %s where id = %s", "E\x1b[41mve", eve.id)
    async with await Socket.open(world.url, token=eve.token) as socket:
        await socket.receive_type("welcome")
        attack = "\x1b]0;owned\x07\x1b[35;45m\r\x9b1A\u202etxt.exe\n  99 00:00        Ann │ yes"
        await socket.send(message_frame(room, attack))
        await socket.receive_type("ack")
    with at_terminals(world, ann) as (anns,):
        anns.type("/open den")
        anns.until("␛]0;owned␇␛[35;45m␍<U+009B>1A<U+202E>txt.exe", "│   99 00:00", "E␛[41mve")

        assert b"\x1b]0;" not in anns.raw
        assert b"45m" not in anns.raw.replace("␛[35;45m".encode(), b"")


def test_lines_follow_the_size_of_the_window(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    world.room(ann, bob, name="Hall")
    with at_terminals(world, ann) as (anns,):
        anns.type("/open hall")
        anns.until("Hall >")
        anns.resize(120, 20)
        anns.type("word " * 15 + "end")
        wide = anns.until("end\n", "you ✓ word")
        anns.resize(50, 20)
        anns.type("word " * 15 + "fin")
        narrow = anns.until("fin\n", "you ✓ word")

    assert "word end" in wide
    assert [line for line in wide.splitlines() if "│ word" in line] == []
    assert len([line for line in narrow.splitlines() if "│ word" in line]) > 1


def test_the_terminal_is_left_as_it_was_found_even_when_killed(world):
    with at_terminals(world, world.person("Ann")) as (anns,):
        during = anns.echoes
        anns.process.send_signal(signal.SIGTERM)
        anns.ended()

        assert (during, anns.echoes) == (False, True)


def test_a_dumb_terminal_and_no_colours_will_do(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    world.room(ann, bob, name="Hall")
    with Terminal(["--url", world.url], env={"PARLEY_TOKEN": ann.token, "TERM": "dumb"}) as dumb:
        dumb.until("Signed in as", "Hall")
        dumb.type("/open hall")
        dumb.until("Nothing was said here yet.")
        dumb.type("Plainly")
        dumb.until("you ✓ Plainly")
        assert b"\x1b" not in dumb.raw
        assert dumb.leave() == 0
    with at_terminals(world, ann, env={"NO_COLOR": "1"}) as (anns,):
        anns.type("/open hall")
        anns.until("you ✓ Plainly")
        assert b"\x1b[0;3" not in anns.raw


def test_scripts_send_lines_and_learn_whether_they_are_stored(world):
    ann, bob = world.person("Ann"), world.person("Bob")
    token = {"PARLEY_TOKEN": ann.token}

    sent = piped(world, "--to", bob.username, text="one\n\n  two\x1b[2J\nlast", **token)
    unknown = piped(world, "--to", "nobody.at.all", text="one\n", **token)
    refused = piped(world, "--to", bob.username, text=f"three\n{'x' * 5000}\nfour\n", **token)

    assert (sent.returncode, sent.stdout, sent.stderr) == (0, b"", b"")
    assert unknown.returncode == 1
    assert b"There is nobody called nobody.at.all." in unknown.stderr
    assert refused.returncode == 1
    assert b"line 2 was not sent" in refused.stderr
    room = room_of(world, ann, bob)
    assert contents(world, room) == ["one", "  two\x1b[2J", "last", "three"]


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


def test_commands_from_a_file_are_done_before_the_end(world):
    ann, bob = world.person("Ann"), world.person("Bob")

    done = piped(
        world,
        text=f"/open {bob.username}\nfrom a file\n/members\n",
        PARLEY_TOKEN=ann.token,
    )

    assert done.returncode == 0
    assert contents(world, room_of(world, ann, bob)) == ["from a file"]
    assert b"(you)" in done.stdout


def test_a_script_that_cannot_sign_in_says_why(world):
    with ThreadPoolExecutor() as threads:
        tries = (
            threads.submit(piped, world, "nobody.at.all", PARLEY_PASSWORD="wrong"),
            threads.submit(piped, world, "nobody.at.all"),
            threads.submit(piped, world, PARLEY_TOKEN="not.a.token"),
            threads.submit(piped, world, "a", url="http://127.0.0.1:1", PARLEY_PASSWORD="x"),
        )
        wrong, silent, token, nowhere = (one.result() for one in tries)

    assert [one.returncode for one in (wrong, silent, token, nowhere)] == [1, 2, 1, 1]
    assert b"Wrong username or password." in wrong.stderr
    assert b"PARLEY_PASSWORD" in silent.stderr
    assert b"The token is not accepted" in token.stderr
    assert b"Nothing answers at http://127.0.0.1:1." in nowhere.stderr
    assert b"Traceback" not in b"".join(one.stderr for one in (wrong, silent, token, nowhere))
