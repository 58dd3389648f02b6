"""Faults of our own processes: killed, hung, asked to end, restarted one after the other."""

import asyncio
import os
import signal

import psutil

from dev import gateway
from dev.services import SERVICES
from tests.faults.chaos.scene import CHAT_PROCESSES, LONG_S, Scene, fault
from tests.faults.waiting import until

OTHERS = [service.name for service in SERVICES if service.name != "chat"]
RESTARTED_WITHIN_S = 120.0


@fault("chat: a process is killed")
async def chat_killed(scene: Scene) -> int:
    return await asyncio.to_thread(scene.suite.kill, "chat", index=_any_chat(scene))


@fault("chat: a process hangs")
async def chat_hung(scene: Scene) -> int:
    return await _hang(scene, "chat", index=_any_chat(scene))


@fault("chat: a process is asked to end")
async def chat_ended(scene: Scene) -> int:
    return await _ask_to_end(scene, "chat", index=_any_chat(scene))


@fault("chat: all processes are restarted in turn")
async def chat_restarted(scene: Scene) -> int:
    old = {process.pid for process in scene.suite.state.of("chat")}
    written = len(scene.suite.log)
    scene.suite.restart_chat()
    await until(
        lambda: "everything is restarted" in scene.suite.log[written:],
        what="the rolling restart",
        within_s=RESTARTED_WITHIN_S,
    )
    return len(old - {process.pid for process in scene.suite.state.of("chat")})


@fault("all services are killed at once")
async def all_killed(scene: Scene) -> int:
    pids = [process.pid for service in SERVICES for process in scene.suite.state.of(service.name)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for service in SERVICES:
        for pid in pids:
            await asyncio.to_thread(scene.suite.wait_until_gone, service.name, pid)
        await asyncio.to_thread(scene.suite.wait_until_ready, service.name)
    return len(pids)


def _enter(service: str) -> None:
    """Put the faults of one service of which there is one process into the catalogue."""

    goes_on = service != gateway.NAME

    @fault(f"{service}: killed", goes_on=goes_on)
    async def killed(scene: Scene) -> int:
        return await asyncio.to_thread(scene.suite.kill, service)

    @fault(f"{service}: hung", goes_on=goes_on)
    async def hung(scene: Scene) -> int:
        return await _hang(scene, service)

    @fault(f"{service}: asked to end", goes_on=goes_on)
    async def ended(scene: Scene) -> int:
        return await _ask_to_end(scene, service)


for _service in (*OTHERS, gateway.NAME):
    _enter(_service)


def _any_chat(scene: Scene) -> int:
    return scene.dice.randrange(CHAT_PROCESSES)


async def _hang(scene: Scene, service: str, *, index: int = 0) -> int:
    """Hang one process for a while; return its pid, 0 where it went on all the same."""
    pid = scene.suite.process(service, index=index).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        await scene.a_while(LONG_S)
        return pid if psutil.Process(pid).status() == psutil.STATUS_STOPPED else 0
    finally:
        os.kill(pid, signal.SIGCONT)


async def _ask_to_end(scene: Scene, service: str, *, index: int = 0) -> int:
    pid = scene.suite.process(service, index=index).pid
    os.kill(pid, signal.SIGTERM)
    await asyncio.to_thread(scene.suite.wait_until_gone, service, pid)
    return pid
