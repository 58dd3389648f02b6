"""``/users``: people to talk to, and the names of those one talks with."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from ninja import Router

from libs.common.errors import BadFrame
from libs.common.http.bodies import answer, documented, read_query
from services.chat.api.credentials import caller_of
from services.chat.api.parts import parts_of
from services.chat.api.shapes.people import People, PeopleQuery
from services.chat.selectors import people

router = Router(tags=["people"])


async def people_called(request: HttpRequest, names: Sequence[str]) -> list[str]:
    """Return the ids of people by username or id, each person once, in the order of ``names``.

    Raises:
        BadFrame: somebody is not known; ``members`` says who.
    """
    known = await parts_of(request).database.run(people.active_people_named, names)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadFrame(fields={"members": [f"There is nobody called {name}." for name in unknown]})
    return list(dict.fromkeys(str(known[name]) for name in names))


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
