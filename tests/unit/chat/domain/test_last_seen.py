from itertools import product

import pytest

from services.chat.domain import last_seen as of_chat
from services.presence.domain import last_seen as of_presence

SETTINGS = ("everyone", "contacts", "nobody")


@pytest.mark.parametrize(("viewer", "owner"), [*product(SETTINGS, SETTINGS)])
@pytest.mark.parametrize("are_contacts", [True, False])
def test_it_is_mutual_and_chat_and_presence_judge_alike(viewer, owner, are_contacts):
    there = of_chat.may_see_last_seen(viewer=viewer, owner=owner, are_contacts=are_contacts)
    back = of_chat.may_see_last_seen(viewer=owner, owner=viewer, are_contacts=are_contacts)
    over_http = of_presence.may_see_last_seen(viewer=viewer, owner=owner, are_contacts=are_contacts)

    assert there is back is over_http
    assert there is (
        "nobody" not in (viewer, owner) and (are_contacts or viewer == owner == "everyone")
    )
