from typing import Annotated

import msgspec
import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from msgspec import Meta

from libs.common.errors import BadFrame, BadJson, TooLarge
from libs.common.http.bodies import (
    BODY_BYTES,
    Binary,
    answer,
    documented,
    read_body,
    read_query,
    schemas,
)

Count = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    text: Annotated[str, Meta(max_length=5)]
    count: Count | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    ids: str


class Query(msgspec.Struct, frozen=True, kw_only=True):
    search: str | None = None
    limit: Count = 20


def body(text: str | bytes) -> HttpRequest:
    return RequestFactory().post("/", data=text, content_type="application/json")


def query(text: str) -> HttpRequest:
    return RequestFactory().get(f"/?{text}")


def test_a_body_becomes_a_value_and_unknown_members_are_ignored():
    assert read_body(body('{"text":"héy","later":1}'), Order) == Order(text="héy")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"text":NaN}',
        '{"text":"\\ud800"}',
        b'{"text":"\xed\xa0\x80"}',
        b"\xff\xfe{",
        b'{"text":"x","\xff":1}',
        "[" * 20_000,
        '{"text":"x","count":' + "[" * 20_000 + "}",
        "{'text':'x'}",
        '{"text":"x"} {}',
    ],
)
def test_what_is_no_json_is_bad_json(text):
    with pytest.raises(BadJson):
        read_body(body(text), Order)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('{"text":"x","count":true}', ["count"]),
        ('{"text":"x","count":1.5}', ["count"]),
        ('{"text":"x","count":"1"}', ["count"]),
        ('{"text":"x","count":0}', ["count"]),
        ('{"text":"x","count":9007199254740992}', ["count"]),
        ('{"text":"sixsix","count":0}', ["text", "count"]),
        ('{"count":1}', ["text"]),
        ("", ["text"]),
        ("[]", []),
        ("null", []),
        ('"text"', []),
    ],
)
def test_wrong_members_are_named(text, wrong):
    with pytest.raises(BadFrame) as refused:
        read_body(body(text), Order)

    assert list(refused.value.fields) == wrong


def test_a_body_over_its_limit_is_not_read():
    with pytest.raises(TooLarge):
        read_body(body(" " * BODY_BYTES + "{}"), Order)


def test_a_query_becomes_a_value():
    assert read_query(query("search=12&limit=007&other=1"), Query) == Query(search="12", limit=7)


@pytest.mark.parametrize(
    "text", ["0", "-1", "1e3", "1.0", "true", "", "%EF%BC%91", "1" * 17, "1" * 5000, "9" * 16]
)
def test_a_number_in_a_query_is_plain_digits_in_range(text):
    with pytest.raises(BadFrame) as refused:
        read_query(query(f"limit={text}"), Query)

    assert list(refused.value.fields) == ["limit"]


def test_answers_are_json_that_nobody_stores():
    response = answer(Order(text="é"), status=201)

    assert response.status_code == 201
    assert response.content == '{"text":"é","count":null}'.encode()
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"


def test_what_is_documented_is_what_is_read():
    route = documented(body=Order, query=Query, answers={201: Order, 204: None})

    extra = route["openapi_extra"]
    assert extra["requestBody"]["required"]
    assert [parameter["name"] for parameter in extra["parameters"]] == ["search", "limit"]
    assert not any(parameter["required"] for parameter in extra["parameters"])
    assert set(extra["responses"]) == {201, "default"}
    assert route["response"] == {201: None, 204: None}
    assert schemas()["Order"]["properties"]["text"]["maxLength"] == 5


def test_what_is_no_json_is_documented_as_bytes():
    route = documented(body=Binary(("a/b", "a/c")), answers={200: Binary(("a/b",)), 304: None})

    some_bytes = {"schema": {"type": "string", "format": "binary"}}
    described = route["openapi_extra"]
    assert described["requestBody"] == {
        "required": True,
        "content": {"a/b": some_bytes, "a/c": some_bytes},
    }
    assert described["responses"][200] == {"content": {"a/b": some_bytes}}
    assert 304 not in described["responses"]


def test_a_parameter_that_has_to_be_there_is_missed():
    with pytest.raises(BadFrame) as refused:
        read_query(query("who=1"), Wanted)

    assert list(refused.value.fields) == ["ids"]
