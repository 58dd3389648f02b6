"""``/push``: browsers that want to be told while they are closed."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Meta
from ninja import Router

from libs.common.errors import BadFrame, NotFound
from libs.common.http.bodies import answer, documented, no_content, read_body
from libs.common.http.credentials import holder_of
from services.queue.actions.web_push.subscriptions import Subscription, subscribe, unsubscribe
from services.queue.api.parts import Parts, parts_of
from services.queue.domain.endpoints import ENDPOINT_CHARS, check_auth, check_point

LATEST_MS = 253_402_300_799_000
"""The last moment of the year 9999."""
KEY_CHARS = 256
"""Longest key as text; a point has 87 characters."""
OFF = "Web Push is switched off here."

router = Router(tags=["web push"])

EndpointText = Annotated[str, Meta(min_length=1, max_length=ENDPOINT_CHARS)]
KeyText = Annotated[str, Meta(max_length=KEY_CHARS)]


class PushKeys(msgspec.Struct, frozen=True, kw_only=True):
    """``p256dh``: the browser's public key; ``auth``: a secret of 16 bytes. Both base64url."""

    p256dh: KeyText
    auth: KeyText


class NewPushSubscription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a browser's ``PushSubscription.toJSON()`` returns; ``expirationTime`` in ms since 1970."""

    endpoint: EndpointText
    keys: PushKeys
    expiration_time: Annotated[float, Meta(ge=0, le=LATEST_MS)] | None = None


class OldPushSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is not to be told any more."""

    endpoint: EndpointText


class PushKey(msgspec.Struct, frozen=True, kw_only=True):
    """``public_key``: the ``applicationServerKey``, base64url; null where Web Push is off."""

    public_key: str | None


class PushSubscribed(msgspec.Struct, frozen=True, kw_only=True):
    """That a browser is told."""

    endpoint: str


@router.get("/push", **documented(answers={200: PushKey}))
async def show_push_key(request: HttpRequest) -> HttpResponse:
    """Show with what a browser subscribes; null where Web Push is off."""
    return answer(PushKey(public_key=parts_of(request).push_key))


@router.post(
    "/push",
    **documented(body=NewPushSubscription, answers={201: PushSubscribed, 200: PushSubscribed}),
)
async def subscribe_browser(request: HttpRequest) -> HttpResponse:
    """Keep a browser of the caller: 201, and 200 where it was there already."""
    parts = parts_of(request)
    if parts.push_key is None:
        raise NotFound(OFF)
    wanted = _subscription(read_body(request, NewPushSubscription), request, parts)
    is_new = await parts.database.run(subscribe, wanted, now=parts.clock.now())
    return answer(PushSubscribed(endpoint=wanted.endpoint), status=201 if is_new else 200)


@router.delete("/push", **documented(body=OldPushSubscription, answers={204: None}))
async def unsubscribe_browser(request: HttpRequest) -> HttpResponse:
    """Forget a browser of the caller, also where there is none."""
    endpoint = read_body(request, OldPushSubscription).endpoint
    caller = holder_of(request).sub
    await parts_of(request).database.run(unsubscribe, caller, endpoint)
    return no_content()


def _subscription(body: NewPushSubscription, request: HttpRequest, parts: Parts) -> Subscription:
    """Return what is kept.

    Raises:
        BadFrame: a member is none that could be used.
    """
    wrong: dict[str, list[str]] = {}

    def check(member: str, judge: Callable[[str], object], text: str) -> None:
        try:
            judge(text)
        except ValueError as error:
            wrong[member] = [f"It {error}."]

    check("endpoint", parts.endpoints.check, body.endpoint)
    check("keys.p256dh", check_point, body.keys.p256dh)
    check("keys.auth", check_auth, body.keys.auth)
    if wrong:
        raise BadFrame(fields=wrong)
    caller = holder_of(request)
    expires_ms = body.expiration_time
    return Subscription(
        user=caller.sub,
        sid=caller.sid,
        endpoint=body.endpoint,
        host=parts.endpoints.check(body.endpoint).host,
        p256dh=body.keys.p256dh,
        auth=body.keys.auth,
        expires_at=None
        if expires_ms is None
        else dt.datetime.fromtimestamp(expires_ms / 1e3, dt.UTC),
    )
