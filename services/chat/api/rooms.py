"""``/rooms``: one's rooms, a new one, and changes of a group."""

from django.http import HttpRequest, HttpResponse
from msgspec import UNSET
from ninja import Router

from libs.common.errors import BadFrame, PermissionDenied
from libs.common.http.bodies import answer, documented, read_body, read_query
from services.chat.actions.rooms import OpenedRoom, change_group, open_direct_room, open_group
from services.chat.api.credentials import caller_of
from services.chat.api.parts import address_of, parts_of
from services.chat.api.people import people_called
from services.chat.api.shapes.rooms import ChangeRoom, OpenRoom, RoomsQuery
from services.chat.frames.server import RoomEntry
from services.chat.selectors import rooms
from services.chat.selectors.rooms import RoomPage

router = Router(tags=["rooms"])


@router.get("/rooms", **documented(query=RoomsQuery, answers={200: RoomPage}))
async def list_rooms(request: HttpRequest) -> HttpResponse:
    """List one's rooms, most recently active first."""
    query = read_query(request, RoomsQuery)
    try:
        page = await parts_of(request).database.run(
            rooms.rooms_page,
            user_id=caller_of(request).id,
            after=query.after,
            limit=query.limit,
        )
    except ValueError:
        raise BadFrame(fields={"after": ["Expected the `next` of a page."]}) from None
    return answer(page)


@router.post("/rooms", **documented(body=OpenRoom, answers={201: RoomEntry, 200: RoomEntry}))
async def open_room(request: HttpRequest) -> HttpResponse:
    """Open a group, or a direct room: 201, or 200 where these two have one already."""
    wish = read_body(request, OpenRoom)
    opened = await (_open_group if wish.kind == "group" else _open_direct_room)(request, wish)
    parts_of(request).relay.poke()
    return await room_answer(request, opened.room, status=201 if opened.created else 200)


@router.get("/rooms/{room_id}", **documented(answers={200: RoomEntry}))
async def show_room(request: HttpRequest, room_id: str) -> HttpResponse:
    """Show one room."""
    return await room_answer(request, room_id)


@router.patch("/rooms/{room_id}", **documented(body=ChangeRoom, answers={200: RoomEntry}))
async def change_room(request: HttpRequest, room_id: str) -> HttpResponse:
    """Rename a group, or open or close its history: by its owner or an admin."""
    wish = read_body(request, ChangeRoom)
    parts = parts_of(request)
    await parts.database.run(
        change_group,
        by=caller_of(request).id,
        room_id=room_id,
        address=address_of(request),
        name=None if wish.name is UNSET else wish.name,
        open_history=None if wish.open_history is UNSET else wish.open_history,
    )
    parts.relay.poke()
    return await room_answer(request, room_id)


async def room_answer(request: HttpRequest, room_id: str, *, status: int = 200) -> HttpResponse:
    """Answer with a room as the caller sees it now.

    Raises:
        PermissionDenied: the caller is not in it (any more), or there is no such room.
    """
    room = await parts_of(request).database.run(
        rooms.room_for, user_id=caller_of(request).id, room_id=room_id
    )
    if room is None:
        raise PermissionDenied
    return answer(room, status=status)


async def _open_group(request: HttpRequest, wish: OpenRoom) -> OpenedRoom:
    if wish.name is None:
        raise BadFrame(fields={"name": ["A group needs a name."]})
    return await parts_of(request).database.run(
        open_group,
        owner_id=caller_of(request).id,
        name=wish.name,
        member_ids=await people_called(request, wish.members),
        address=address_of(request),
    )


async def _open_direct_room(request: HttpRequest, wish: OpenRoom) -> OpenedRoom:
    if wish.name is not None:
        raise BadFrame(fields={"name": ["A direct room has no name of its own."]})
    caller_id = caller_of(request).id
    others = [each for each in await people_called(request, wish.members) if each != caller_id]
    if len(others) > 1:
        raise BadFrame(fields={"members": ["A direct room has two members."]})
    return await parts_of(request).database.run(
        open_direct_room,
        user_id=caller_id,
        other_id=others[0] if others else caller_id,
        address=address_of(request),
    )
