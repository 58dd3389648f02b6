"""``/me/avatar`` and ``/users/{id}/avatar``: the picture that people show of themselves.

What is answered was made here, out of pixels: it holds nothing that somebody sent. Browsers keep it
as long as they like under the version that was asked for.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags, quote_etag
from ninja import Router

from libs.common.errors import NotFound
from libs.common.http.bodies import Binary, answer, documented, no_content, read_query
from services.chat.actions.avatars import change_avatar
from services.chat.api.credentials import caller_of
from services.chat.api.parts import parts_of
from services.chat.api.shapes.people import AvatarQuery, Profile
from services.chat.domain.pictures import KEPT_MEDIA_TYPE, SENT_MEDIA_TYPES, Picture
from services.chat.models import User
from services.chat.selectors.avatars import avatar_of

FOREVER = "private, max-age=31536000, immutable"
"""Of what was asked for by its version: another picture has another one."""
SHORTLY = "private, max-age=60"

router = Router(tags=["people"])


@router.put("/me/avatar", **documented(body=Binary(SENT_MEDIA_TYPES), answers={200: Profile}))
async def set_avatar(request: HttpRequest) -> HttpResponse:
    """Show a picture of oneself: the body is the picture, at most 512 KiB and 4096 by 4096 pixels.

    What it is, is seen by its bytes. Kept are 256 by 256 pixels of its middle, as WebP.
    """
    caller, parts = caller_of(request), parts_of(request)
    parts.pictures.check(caller.id)
    picture = await parts.studio.picture_of(request.body)
    return answer(Profile.of(await _changed(request, picture)))


@router.delete("/me/avatar", **documented(answers={204: None}))
async def delete_avatar(request: HttpRequest) -> HttpResponse:
    """Show no picture of oneself; 204 also where there is none."""
    await _changed(request, None)
    return no_content()


@router.get(
    "/users/{user_id}/avatar",
    **documented(query=AvatarQuery, answers={200: Binary((KEPT_MEDIA_TYPE,)), 304: None}),
)
async def avatar(request: HttpRequest, user_id: str) -> HttpResponse:
    """Show the picture of somebody, of 256 by 256 pixels; 404 where there is none."""
    query = read_query(request, AvatarQuery)
    picture = await parts_of(request).database.run(avatar_of, user_id)
    if picture is None:
        raise NotFound
    etag = quote_etag(picture.version)
    response: HttpResponse = (
        HttpResponseNotModified()
        if _is_held(request, etag)
        else HttpResponse(picture.content, content_type=KEPT_MEDIA_TYPE)
    )
    response["ETag"] = etag
    response["Cache-Control"] = FOREVER if query.v == picture.version else SHORTLY
    response["Content-Security-Policy"] = "default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


async def _changed(request: HttpRequest, picture: Picture | None) -> User:
    parts = parts_of(request)
    user = await parts.database.run(change_avatar, user_id=caller_of(request).id, picture=picture)
    parts.relay.poke()
    return user


def _is_held(request: HttpRequest, etag: str) -> bool:
    """Tell whether who asks has the picture already; a proxy may have called it weak on its way."""
    held = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in held or etag in {each.removeprefix("W/") for each in held}
