"""``/users``: people to talk to, and the names of those one talks with."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import BadFrame
from services.chat.api.bodies import answer, documented, read_query
from services.chat.api.credentials import caller_of
from services.chat.api.parts import parts_of
from services.chat.api.shapes.people import People, PeopleQuery
from services.chat.selectors import people

router = Router(tags=["people"])


@router.get("/users", **documented(query=PeopleQuery, answers={200: People}))
async def users(request: HttpRequest) -> HttpResponse:
    """Find people by the beginning of a name, or by their ids.

    A search returns at most 20, without the caller, by username.
    """
    query = read_query(request, PeopleQuery)
    database = parts_of(request).database
    if query.ids is not None:
        found = await database.run(people.people_by_ids, ids=query.ids.split(","))
    elif query.search is not None:
        besides = caller_of(request).id
        found = await database.run(people.people_matching, search=query.search, besides=besides)
    else:
        raise BadFrame(fields={"search": ["Either this parameter or `ids` is required."]})
    return answer(People(users=found))
