"""What is pushed is what RFC 8291 says, and only its browser can read it."""

import json

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from services.queue.domain.sealing import seal
from services.queue.domain.vapid import base64url, from_base64url, private_key_of
from services.queue.domain.web_push import payload_of
from tests.push_service import Browser, decrypted

ROOM = "01890a5d-ac96-774b-bcce-b302099a8051"


def browser():
    return Browser("", ec.generate_private_key(ec.SECP256R1()), b"a" * 16)


def sealed(text, reader):
    return seal(text, point=reader.point, auth=reader.auth)


def test_the_example_of_the_rfc():
    # Source: RFC 8291, section 5 and appendix A.
    body = seal(
        b"When I grow up, I want to be a watermelon",
        point=from_base64url(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth=from_base64url("BTBZMqHH6r4Tts7J_aSIgg"),
        padded_bytes=0,
        private=private_key_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
    )

    assert base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_a_browser_reads_what_it_is_told():
    reader = browser()

    text = decrypted(sealed(payload_of(ROOM, 3), reader), reader)

    assert json.loads(text) == {"room": ROOM, "waiting": 3}


def test_nobody_else_does():
    reader, other = browser(), browser()
    body = sealed(b"{}", reader)

    with pytest.raises(InvalidTag):
        decrypted(body, other)
    with pytest.raises(InvalidTag):
        decrypted(body, Browser("", reader.private, b"b" * 16))


def test_no_two_bodies_are_alike_and_all_have_one_size():
    reader = browser()
    bodies = [sealed(payload_of(ROOM, waiting), reader) for waiting in (1, 1, 2**53)]

    assert len({body[:16] for body in bodies}) == len({body[21:86] for body in bodies}) == 3
    assert len({len(body) for body in bodies}) == 1
