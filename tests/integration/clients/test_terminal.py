"""People who chat in terminals, with the real suite behind them."""

import signal
import uuid
from concurrent.futures import ThreadPoolExecutor

from clients.python.parley import Socket
from tests.integration.chat.world import message_frame
from tests.integration.clients.stage import at_terminals, contents, piped, room_of
from tests.integration.clients.terminal import Terminal

PASSWORD = "violet harbour 71"
WATCH_FOCUS, IGNORE_FOCUS = b"\x1b[?1004h", b"\x1b[?1004l"


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
            anns.until("you ↻ Are you there?", "1 on its way")
            bobs.until("you ↻ I was away")

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
        terminal.type("nina")  # a name is no answer yet
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
        assert 0 < anns.raw.index(WATCH_FOCUS) < anns.raw.index(IGNORE_FOCUS)


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
