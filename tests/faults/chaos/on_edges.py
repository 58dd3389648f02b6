"""Faults of the network, on any edge: slow, stalled, reset, silent, cut in the middle of a frame."""

from collections.abc import Awaitable, Callable

from tests.faults.chaos.scene import LONG_S, SHORT_S, Scene, fault
from tests.faults.rig.edges import CLIENTS, Edge
from tests.faults.rig.proxy import Way, Weather

SLOW_S, JITTER_S = 0.1, 0.2
FEW_BYTES, MANY_BYTES = 1, 20_000

Choice = Callable[[Scene], Edge]
EdgeStrike = Callable[[Scene, Edge], Awaitable[int]]


async def slow(scene: Scene, edge: Edge) -> int:
    before = edge.passed_bytes
    with edge.weather(Weather(delay_s=dict.fromkeys(Way, SLOW_S), jitter_s=JITTER_S)):
        return await scene.a_while_until(lambda: edge.passed_bytes - before)


async def stalled(scene: Scene, edge: Edge) -> int:
    before = edge.held_chunks
    with edge.weather(Weather(stalled=set(Way))):
        return await scene.a_while_until(lambda: edge.held_chunks - before)


async def answers_stuck(scene: Scene, edge: Edge) -> int:
    before = edge.held_chunks
    with edge.weather(Weather(stalled={Way.DOWN})):
        return await scene.a_while_until(lambda: edge.held_chunks - before, SHORT_S)


async def reset(scene: Scene, edge: Edge) -> int:
    return edge.reset()


async def refused(scene: Scene, edge: Edge) -> int:
    with edge.weather(Weather(is_refusing=True)):
        count = edge.reset()
        await scene.a_while(LONG_S)
    return count


async def cut(scene: Scene, edge: Edge) -> int:
    before = edge.cut_links
    left = {way: scene.dice.randint(FEW_BYTES, MANY_BYTES) for way in Way}
    with edge.weather(Weather(bytes_left=left)):
        return await scene.a_while_until(lambda: edge.cut_links - before)


async def lost(scene: Scene, edge: Edge) -> int:
    count = edge.lose()
    try:
        await scene.a_while(LONG_S)
    finally:
        edge.heal()
    return count


FAULTS: dict[str, EdgeStrike] = {
    "slow": slow,
    "nothing gets through, and later all does": stalled,
    "answers get stuck": answers_stuck,
    "all connections are reset": reset,
    "nobody can connect, and who was connected is reset": refused,
    "cut in the middle of what is sent": cut,
    "all connections fall silent for good": lost,
}


def _one_of(server: str) -> Choice:
    return lambda scene: scene.dice.choice(scene.edges.of(server))


EDGES: dict[str, Choice] = {
    "clients' network": lambda scene: scene.edges[CLIENTS],
    "a service's way to Redis": _one_of("redis"),
    "a service's way to PostgreSQL": _one_of("postgres"),
}


def _enter(name: str, strike: EdgeStrike, chosen: Choice, *, goes_on: bool) -> None:
    @fault(name, goes_on=goes_on)
    async def on_one(scene: Scene) -> int:
        edge = chosen(scene)
        scene.victims.append(edge.name)
        return await strike(scene, edge)


for _place, _chosen in EDGES.items():
    for _what, _strike in FAULTS.items():
        _enter(f"{_place}: {_what}", _strike, _chosen, goes_on="Redis" in _place)
