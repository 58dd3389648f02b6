"""What Django's ``check --deploy`` looks for in ``MIDDLEWARE`` and we have elsewhere.

Everything else that it knows is left to it: whoever adds to this list says where the thing is.
"""

CHECKED_OTHERWISE = [
    # HSTS, nosniff, referrer policy and COOP come from libs.common.secure_headers, on static files
    # too; the ingress redirects to https, and origins that are not https are refused at the start.
    "security.W001",
    # frame-ancestors and X-Frame-Options: likewise.
    "security.W002",
    # libs.common.http.csrf checks whatever writes and came with a cookie; the admin's pages are
    # wrapped in Django's own check by AdminSite.admin_view.
    "security.W003",
]
"""Checks that would warn of middleware that is missing."""
