"""``/rooms``: one's rooms, a new one, and who is in them."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import BadFrame, PermissionDenied
from services.chat.actions.rooms import open_direct_room
from services.chat.api.bodies import answer, documented, read_body, read_query
from services.chat.api.credentials import Caller, caller_of
from services.chat.api.parts import parts_of
from services.chat.api.shapes.rooms import MembersQuery, OpenRoom, RoomsQuery
from services.chat.frames.server import RoomEntry
from services.chat.selectors import people, rooms
from services.chat.selectors.rooms import MemberPage, RoomPage

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
    """Open a direct room: 201, or 200 where these two have one already."""
    wish = read_body(request, OpenRoom)
    caller, parts = caller_of(request), parts_of(request)
    other_id = await _other_of(request, caller, wish)
    opened = await parts.database.run(open_direct_room, user_id=caller.id, other_id=other_id)
    parts.relay.poke()
    room = await parts.database.run(rooms.room_for, user_id=caller.id, room_id=opened.room)
    return answer(room, status=201 if opened.created else 200)


@router.get("/rooms/{room_id}", **documented(answers={200: RoomEntry}))
async def show_room(request: HttpRequest, room_id: str) -> HttpResponse:
    """Show one room."""
    room = await parts_of(request).database.run(
        rooms.room_for, user_id=caller_of(request).id, room_id=room_id
    )
    if room is None:
        raise PermissionDenied
    return answer(room)


@router.get("/rooms/{room_id}/members", **documented(query=MembersQuery, answers={200: MemberPage}))
async def list_members(request: HttpRequest, room_id: str) -> HttpResponse:
    """List who is in a room."""
    query = read_query(request, MembersQuery)
    page = await parts_of(request).database.run(
        rooms.members_page,
        user_id=caller_of(request).id,
        room_id=room_id,
        after=query.after,
        limit=query.limit,
    )
    return answer(page)


async def _other_of(request: HttpRequest, caller: Caller, wish: OpenRoom) -> str:
    """Return the id of the one other person that is meant, the caller where that is nobody else."""
    known = await parts_of(request).database.run(people.active_people_named, wish.members)
    unknown = [name for name in wish.members if name not in known]
    if unknown:
        raise BadFrame(fields={"members": [f"There is nobody called {name}." for name in unknown]})
    others = {str(user_id) for user_id in known.values()} - {caller.id}
    if len(others) > 1:
        raise BadFrame(fields={"members": ["A direct room has two members."]})
    return others.pop() if others else caller.id
