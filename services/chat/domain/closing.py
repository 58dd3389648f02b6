"""Close codes of the protocol, and what a client is to do about each.

Source: RFC 6455, 7.4, for those below 4000.
"""

RESTARTING = 1012
"""The process goes away; come back after the announced delay."""
UNSUPPORTED_DATA = 1003
"""A binary frame: a bug of the client."""
NOT_AUTHENTICATED = 4001
"""Not signed in, or not any more: ask for the session, then try again or sign in."""
SLOW_READER = 4008
"""Reads too slowly: come back with backoff, then sync."""
RATE_LIMITED = 4029
"""Persistently too fast, or too many connections: wait, then come back."""
OVERLOADED = 4503
"""The server cannot serve one more at present: come back with backoff."""
