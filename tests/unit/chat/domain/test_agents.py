import pytest

from services.chat.domain.agents import AGENT_CHARS, agent_of

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
IPHONE = "(iPhone; CPU iPhone OS 18_6 like Mac OS X)"


@pytest.mark.parametrize(
    ("user_agent", "agent"),
    [
        (
            f"{MOZILLA} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Linux",
        ),
        (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome on ChromeOS"),
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", "Chrome on Windows"),
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/141.0.0.0",
            "Edge on Windows",
        ),
        (f"{MOZILLA} (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome on Android"),
        (
            f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/26.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            f"{MOZILLA} {IPHONE} {WEBKIT} Version/26.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (f"{MOZILLA} {IPHONE} {WEBKIT} CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (
            f"{MOZILLA} {IPHONE} {WEBKIT} FxiOS/145.0 Mobile/15E148 Safari/604.1",
            "Firefox on iPhone",
        ),
    ],
)
def test_a_browser_is_called_as_people_call_it(user_agent, agent):
    assert agent_of(user_agent) == agent


@pytest.mark.parametrize(
    ("user_agent", "agent"),
    [
        ("", ""),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("curl/8.5.0 (x86_64-pc-linux-gnu)", "curl/8.5.0"),
        ("Firefox/145.0", "Firefox"),
        ("a\x1b[31mred", "a[31mred"),
        ("a\u202eb", "ab"),
    ],
)
def test_anything_else_is_called_by_its_name(user_agent, agent):
    assert agent_of(user_agent) == agent


def test_a_name_is_cut():
    assert agent_of("x" * 200) == "x" * AGENT_CHARS
