"""Headers that make a browser careful, on every HTTP answer of a service.

An ASGI wrapper instead of Django's ``SecurityMiddleware``: that one hops through a thread at each
request, and does not see static files.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
"""Nothing from elsewhere and nothing inline; WebSockets of the same origin are 'self'."""

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
    )
)
"""What no page of ours asks for, nobody may ask for in its name."""

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": PERMISSIONS_POLICY,
    "cache-control": "no-store",
}
"""What every answer carries that does not say something else of its own."""

HSTS = "max-age=31536000; includeSubDomains"
"""One year of HTTPS only. Source: RFC 6797."""


class SecureHeaders:
    """Adds the headers that an answer does not have yet.

    An answer that does not say how long it may be kept is not kept at all.

    Args:
        https: whether the site is served over HTTPS only, and browsers may remember that.
    """

    def __init__(self, application: Application, *, https: bool) -> None:
        self._application = application
        headers = dict(HEADERS)
        if https:
            headers["strict-transport-security"] = HSTS
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [item for item in self._headers if item[0] not in present]
                message = {**message, "headers": headers}
            await send(message)

        await self._application(scope, receive, send_with_headers)
