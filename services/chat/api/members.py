"""``/rooms/{id}/members``: who is in a room, who comes and goes, and who is what."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.http.bodies import answer, documented, no_content, read_body, read_query
from services.chat.actions import rooms as actions
from services.chat.api.credentials import caller_of
from services.chat.api.parts import address_of, parts_of
from services.chat.api.people import people_called
from services.chat.api.rooms import room_answer
from services.chat.api.shapes.rooms import AddMembers, ChangeMember, MembersQuery
from services.chat.frames.server import RoomEntry
from services.chat.selectors import rooms
from services.chat.selectors.rooms import MemberPage

router = Router(tags=["rooms"])


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


@router.post("/rooms/{room_id}/members", **documented(body=AddMembers, answers={200: RoomEntry}))
async def add_members(request: HttpRequest, room_id: str) -> HttpResponse:
    """Add people to a group: by its owner or an admin."""
    wish = read_body(request, AddMembers)
    parts = parts_of(request)
    await parts.database.run(
        actions.add_members,
        by=caller_of(request).id,
        room_id=room_id,
        member_ids=await people_called(request, wish.members),
        address=address_of(request),
    )
    parts.relay.poke()
    return await room_answer(request, room_id)


@router.patch(
    "/rooms/{room_id}/members/{user_id}", **documented(body=ChangeMember, answers={200: RoomEntry})
)
async def change_member(request: HttpRequest, room_id: str, user_id: str) -> HttpResponse:
    """Give a member of a group a role: by its owner."""
    wish = read_body(request, ChangeMember)
    parts = parts_of(request)
    await parts.database.run(
        actions.set_role,
        by=caller_of(request).id,
        room_id=room_id,
        member_id=user_id,
        role=wish.role,
        address=address_of(request),
    )
    parts.relay.poke()
    return await room_answer(request, room_id)


@router.delete("/rooms/{room_id}/members/{user_id}", **documented(answers={204: None}))
async def remove_member(request: HttpRequest, room_id: str, user_id: str) -> HttpResponse:
    """Leave a group, or remove somebody; 204 also where that person was not in it."""
    parts = parts_of(request)
    await parts.database.run(
        actions.remove_member,
        by=caller_of(request).id,
        room_id=room_id,
        member_id=user_id,
        address=address_of(request),
    )
    parts.relay.poke()
    return no_content()
