"""What becomes of seeding where the server does not play along; what it brings about is integration."""

import pytest

from clients.python import parley
from clients.python.demo.seeding import Taken, seed
from tests.unit.clients.python.fakes import options, problem

REGISTER, TOKEN = "POST /api/chat/auth/register", "POST /api/chat/auth/token"
URL = "http://parley.test"


async def test_somebody_else_of_a_name_is_left_alone(web):
    taken = {"username": ["This username is taken."]}
    web.answer(REGISTER, lambda request: problem(400, "bad_frame", errors=taken))
    web.answer(TOKEN, lambda request: problem(401, "unauthenticated"))

    with pytest.raises(Taken, match=r"another ada here.*RUN_DIR"):
        await seed(URL, options=options(web))

    assert (web.count(REGISTER), web.count(TOKEN)) == (1, 1)


async def test_a_server_that_is_not_there_yet_is_asked_again_and_not_for_ever(web):
    web.answer(REGISTER, lambda request: problem(503, "unavailable"))

    with pytest.raises(parley.Unavailable):
        await seed(URL, options=options(web), pauses_s=(0, 0))

    assert web.count(REGISTER) == 3


async def test_what_is_refused_is_not_tried_again(web):
    weak = {"password": ["This password is too common."]}
    web.answer(REGISTER, lambda request: problem(400, "bad_frame", errors=weak))

    with pytest.raises(parley.BadFrame):
        await seed(URL, options=options(web), pauses_s=(0, 0))

    assert web.count(REGISTER) == 1
