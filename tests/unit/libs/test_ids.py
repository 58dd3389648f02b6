from uuid import UUID

import pytest

from libs.common.ids import uuid_of, uuids_of

ONE = "01890a5d-ac96-774b-bcce-b302099a8057"
OTHER = "01890a5d-ac96-774b-bcce-b302099a8058"


def test_the_canonical_form_is_an_id():
    assert uuid_of(ONE) == UUID(ONE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        ONE.upper(),
        ONE.replace("-", ""),
        f"{{{ONE}}}",
        f"urn:uuid:{ONE}",
        ONE + "\n",
        "0189\u0660a5d-ac96-774b-bcce-b302099a8057",
        "-" * 36,
        "\0" * 36,
    ],
)
def test_every_other_form_is_no_id(text):
    assert uuid_of(text) is None


def test_what_is_no_id_is_left_out_and_the_others_keep_their_order():
    assert uuids_of([OTHER, "room", ONE.upper(), ONE]) == [UUID(OTHER), UUID(ONE)]
