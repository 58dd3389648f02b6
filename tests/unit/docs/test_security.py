"""The page about security says of headers and cookies what is sent, and shows what it claims."""

from libs.common.secure_headers import HEADERS, HSTS
from libs.common.tokens import ACCESS_COOKIE, CSRF_COOKIE
from tests.integration.security.test_cookies import COOKIES, SESSION_COOKIE
from tests.unit.docs import pages

PAGE = "security.md"
BACKUP = "who has a leaked backup"
"""The one against whom little stands, and so no test."""


def test_the_headers_are_those_that_are_sent():
    documented = {row.first: row["value"].strip("`") for row in pages.rows(PAGE, "Headers")}

    assert documented == {**HEADERS, "strict-transport-security": HSTS}


def test_the_cookies_are_those_that_are_set():
    documented = {
        row.first: (row["HttpOnly"] == "yes", row["path"].strip("`"))
        for row in pages.rows(PAGE, "Cookies")
    }

    assert documented.pop("parley_<service>_admin") == (True, "/api/<service>/admin/")
    assert documented == COOKIES
    assert set(documented) == {ACCESS_COOKIE, SESSION_COOKIE, CSRF_COOKIE}


def test_every_threat_is_met_somewhere_and_a_test_shows_it():
    rows = pages.rows(PAGE, "Threats")

    assert len(rows) > 15
    assert all(pages.words(row["where"]) for row in rows)
    assert [row["who"] for row in rows if not pages.pointers(row["shown by"])] == [BACKUP]
