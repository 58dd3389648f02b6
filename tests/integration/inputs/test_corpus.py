"""Every bad input gets its answer, through either door; what is good is served in between.

A message is written behind every tenth input and at the end of those of one person. That the server
lives after each is seen by the next one, which gets its own answer.
"""

import json
import uuid

import pytest

from libs.common.errors import ParleyError
from libs.common.http.problems import MEDIA_TYPE
from tests.integration.chat.sessions import badge
from tests.integration.chat.world import WITHIN_S, World
from tests.integration.inputs import corpus
from tests.integration.inputs.stage import READERS, ask, good, unharmed

INPUTS_A_MESSAGE = 10
NOBODY_ASKED = {"status", "typing", "presence", "drained", "message", "room"}
"""Types of frames that come of themselves."""
SOCKETS = {corpus.Case.path: World.client, "/ws/notifications/": badge}
STATUSES = {error.code: error.http_status for error in ParleyError.__subclasses__()}


def with_cases(door):
    return [file for file in corpus.FILES if corpus.cases(file, door)]


def name_of(file):
    return file.stem


@pytest.mark.both_servers
@pytest.mark.parametrize("file", with_cases("frames"), ids=name_of)
async def test_each_frame_gets_its_answer_and_the_next_message_is_written(stage, file):
    cases = corpus.cases(file, "frames")
    wrong = {}

    async with unharmed(stage) as written:
        for who, path in dict.fromkeys((case.who, case.path) for case in cases):
            async with SOCKETS[path](stage.world, stage.people[who]) as client:
                theirs = [case for case in cases if (case.who, case.path) == (who, path)]
                may_write = (who, path) == ("ann", corpus.Case.path)
                for case, is_tenth in with_tenths(theirs):
                    text = corpus.filled(case.sent, stage.names)
                    behind = good_message(stage, written) if may_write and is_tenth else question()
                    said = await answer_to(client, text, behind)
                    if said != case.answer:
                        wrong[case.sent] = (case.answer, said)
            heard = json.dumps([client.welcome, *client.everything], ensure_ascii=False)
            assert who in READERS or stage.canary not in heard
        assert wrong == {}


def with_tenths(cases):
    """Return each case with whether it is the tenth of ten, or the last of all."""
    return [
        (case, number % INPUTS_A_MESSAGE == 0 or number == len(cases))
        for number, case in enumerate(cases, start=1)
    ]


def question():
    return {"type": "ping", "ref": str(uuid.uuid4())}


def good_message(stage, written):
    """Return a message that is to be written."""
    wish = good(f"good {len(written)}")
    written.append(wish["content"])
    return {"type": "message", "room": stage.room, "ref": str(uuid.uuid4()), **wish}


async def answer_to(client, text, good_frame):
    """Send a frame and a good one behind it; return what came for the first, as the corpus says it."""
    client.frames.clear()
    await client.socket.send_text(text)
    await client.socket.send(good_frame)
    served = {"message": "ack", "ping": "pong"}[good_frame["type"]]

    def answers():
        return [f for f in client.frames if f["type"] not in NOBODY_ASKED]

    def all_said():
        found = answers()
        is_served = any((f["type"], f.get("ref")) == (served, good_frame["ref"]) for f in found)
        return is_served and (len(found) > 1 or not may_come_late(text))

    await client.until(all_said, what=f"the answers to {text[:80]}", within_s=WITHIN_S)
    return (
        "; ".join(said_by(f) for f in answers() if f.get("ref") != good_frame["ref"]) or "nothing"
    )


def may_come_late(text):
    """Say whether the database is asked before the answer: only then another one may overtake it."""
    return '"sync"' in text or '"message"' in text or '"retry"' in text


def said_by(frame):
    if frame["type"] != "error":
        return frame["type"]
    return " ".join([frame["code"], *sorted(frame.get("fields", ()))])


@pytest.mark.parametrize("file", with_cases("requests"), ids=name_of)
async def test_each_request_gets_its_answer_and_the_next_one_is_served(stage, file):
    cases = corpus.cases(file, "requests")
    wrong = {}

    async with unharmed(stage) as written, stage.http("ann") as anns:
        for who in dict.fromkeys(case.who for case in cases):
            async with stage.http(who) as http:
                for case, is_tenth in with_tenths([case for case in cases if case.who == who]):
                    answer = await answer_of(http, case, stage.names)
                    assert who in READERS or stage.canary not in answer.text, case
                    said, wanted = said_by_http(answer), with_status(case.answer)
                    if said != wanted:
                        wrong[case.sent, *case.headers.items()] = (wanted, said)
                    if is_tenth:
                        await write(anns, stage, written)
        assert wrong == {}


async def answer_of(http, case, names):
    """Make the request of a case; what it sets is forgotten."""
    method, path, *body = corpus.filled(case.sent, names).split(" ", 2)
    content = body[0].encode() if body else None
    headers = {"Content-Type": "application/json"} if body else {}
    headers |= {name: corpus.filled(value, names) for name, value in case.headers.items()}
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await ask(http, method, path, content=content, headers=encoded)
    http.cookies.clear()
    return answer


async def write(http, stage, written):
    """Write a good message."""
    wish = good(f"good {len(written)}")
    answer = await ask(http, "POST", f"/api/chat/rooms/{stage.room}/messages", json=wish)
    assert answer.status_code in {200, 201}, answer.text
    written.append(wish["content"])


def with_status(answer):
    """Return an answer of the corpus with its status before it."""
    code = answer.split()[0]
    return answer if code.isdigit() else f"{STATUSES[code]} {answer}"


def said_by_http(answer):
    """Return an answer as the corpus says it; what is no good problem is said to be none."""
    if answer.status_code < 400:
        return str(answer.status_code)
    if answer.headers.get("content-type") != MEDIA_TYPE:
        return f"{answer.status_code} without a problem"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:parley:error:{problem['code']}"
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
    return " ".join([str(answer.status_code), problem["code"], *sorted(problem.get("errors", ()))])


@pytest.mark.parametrize("sign", ["%", "_"])
async def test_a_sign_that_stands_for_others_in_sql_finds_only_itself(stage, sign):
    name = stage.names["bob_name"]

    async with stage.http("ann") as http:
        bob, nobody, some = [
            (await ask(http, "GET", "/api/chat/users", params={"search": search})).json()["users"]
            for search in (name, name[:-1] + sign, sign)
        ]

    assert [each["username"] for each in bob] == [name]
    assert nobody == []
    assert [each for each in some if sign not in each["username"] + each["display_name"]] == []
