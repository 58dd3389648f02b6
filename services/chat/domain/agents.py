"""What a device calls itself, as people would: "Firefox on Linux". Nothing is judged by it.

Browsers say of themselves that they are several others, so of those that are known the first one
counts. Source: RFC 9110, 10.1.5, and what browsers send.
"""

AGENT_CHARS = 120
"""Longest description, in code points."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def agent_of(user_agent: str) -> str:
    """Return browser and system of a ``User-Agent``; of programs the name, empty where there is none."""
    browser = _first_of(_BROWSERS, user_agent)
    system = _first_of(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    name = browser or user_agent.partition(" ")[0]
    return "".join(char for char in name if char.isprintable())[:AGENT_CHARS]


def _first_of(known: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for sign, name in known if sign in user_agent), None)
