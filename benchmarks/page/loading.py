"""What a visit costs: how soon something is drawn, how long the page is deaf, what comes over the wire.

The figures are those that Lighthouse tells of, on its conditions for a phone: a processor four times
slower than this one, 1.6 Mbit/s and 150 ms there and back. Source: https://web.dev/articles/vitals
"""

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession

SLOWDOWN = 4
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
SETTLED_MS = 3_000
"""Nothing of a visit is drawn later."""
WATCH = """
window.vitals = { lcp: 0, cls: 0, blocked: 0 };
const watch = (type, act) => new PerformanceObserver((list) => list.getEntries().forEach(act))
    .observe({ type, buffered: true });
watch("largest-contentful-paint", (entry) => { window.vitals.lcp = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) window.vitals.cls += entry.value; });
watch("longtask", (entry) => { window.vitals.blocked += Math.max(0, entry.duration - 50); });
"""
READ = """() => {
    const [first] = performance.getEntriesByName("first-contentful-paint");
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const bytes = all.reduce((sum, { transferSize }) => sum + transferSize, 0);
    return { ...window.vitals, fcp: first?.startTime ?? 0, bytes };
}"""
HEAD = ("", "first paint, ms", "largest paint, ms", "blocked, ms", "shift", "kB")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One visit.

    Attributes:
        fcp_ms: until something is drawn.
        lcp_ms: until the largest thing is.
        blocked_ms: of tasks, what they took beyond 50 ms each.
        shift: how far things that were seen moved by themselves: 0.1 is the most that is good.
        kilobytes: over the wire.
    """

    fcp_ms: float
    lcp_ms: float
    blocked_ms: float
    shift: float
    kilobytes: float


def visit(browser: Browser, url: str) -> tuple[Visit, Visit]:
    """Visit the page as a phone does: for the first time, and again with what the worker kept."""
    with browser.new_context(viewport={"width": 390, "height": 780}) as context:
        context.add_init_script(WATCH)
        page = context.new_page()
        slow(context.new_cdp_session(page))
        visits = []
        for _ in range(2):
            page.goto(url)
            page.wait_for_function("() => navigator.serviceWorker.controller !== null")
            page.wait_for_timeout(SETTLED_MS)
            seen = page.evaluate(READ)
            visits.append(
                Visit(
                    fcp_ms=seen["fcp"],
                    lcp_ms=seen["lcp"],
                    blocked_ms=seen["blocked"],
                    shift=seen["cls"],
                    kilobytes=seen["bytes"] / 1000,
                )
            )
    first, again = visits
    return first, again


def slow(session: CDPSession) -> None:
    """Let a page be as slow as on a phone."""
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})


def rows(first: Visit, again: Visit) -> Sequence[Sequence[str]]:
    """Return the rows of the table below ``HEAD``."""
    return [
        [
            name,
            f"{one.fcp_ms:.0f}",
            f"{one.lcp_ms:.0f}",
            f"{one.blocked_ms:.0f}",
            f"{one.shift:.3f}",
            f"{one.kilobytes:.1f}",
        ]
        for name, one in (("first visit", first), ("the next one", again))
    ]
