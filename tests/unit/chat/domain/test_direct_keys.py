import pytest

from libs.common.errors import BadFrame
from services.chat.domain.rooms import direct_key

ONE = "01890a5d-ac96-774b-bcce-b302099a8057"
OTHER = "01890a5d-ac96-774b-bcce-b302099a8058"


def test_a_pair_has_one_key_whoever_asks():
    assert direct_key(ONE, OTHER) == direct_key(OTHER, ONE)


def test_nobody_has_a_direct_room_with_themselves():
    with pytest.raises(BadFrame):
        direct_key(ONE, ONE)
