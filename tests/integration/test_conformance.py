"""The suite keeps to the protocol: every conversation of ``tests/conformance``, through the gateway.

Who needs neither password nor cookie is written into the database, as elsewhere in these tests:
hashing passwords would take most of the time.
"""

import asyncio
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import pytest

from tests.conformance.people import Person, Server
from tests.conformance.reading import Behaviour, behaviours
from tests.conformance.running import Company

pytestmark = pytest.mark.side_by_side

PASSWORDS = ("browses", "cookie", "password")
"""Words of a behaviour by which somebody needs one."""


class WrittenServer(Server):
    """The suite, with people who did not have to register."""

    def __init__(self, world):
        super().__init__(world.url)
        self.world = world

    async def register(self, role):
        new = self.world.person(role.capitalize())
        return Person(role=role, username=new.username, password="", id=new.id, token=new.token)


@dataclass
class Companies:
    """The people of one event loop, who play one conversation after the other."""

    registered: Company
    written: Company

    def of(self, behaviour: Behaviour) -> Company:
        told = repr(behaviour)
        return self.registered if any(word in told for word in PASSWORDS) else self.written


_companies: WeakKeyDictionary[asyncio.AbstractEventLoop, Companies] = WeakKeyDictionary()


def companies_of(world):
    loop = asyncio.get_running_loop()
    if loop not in _companies:
        registered = Company(Server(world.url), at_once=1)
        _companies[loop] = Companies(registered, Company(WrittenServer(world)))
    return _companies[loop]


@pytest.mark.parametrize("behaviour", behaviours(), ids=str)
async def test_the_suite_does_as_the_conversations_say(world, behaviour):
    await companies_of(world).of(behaviour).play(behaviour)
