"""The table of resource routes: every row is a call, and its path says no more than the call takes."""

from __future__ import annotations

import pytest

from infra.front_door.answers import matches
from infra.front_door.arguments import from_query, typed, types_of
from infra.front_door.errors import MalformedRequest
from infra.front_door.files import disposition
from infra.front_door.resources import RESOURCES, Resource
from infra.front_door.surface import doors


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda row: f"{row.verb} {row.path}")
def test_a_row_is_a_call_whose_places_are_arguments(resource: Resource) -> None:
    assert set(resource.places) <= set(resource.door.parameters)
    assert resource.verb != "GET" or not resource.door.changes, "a GET changes nothing"
    assert resource.verb == "GET" or not resource.public, "caches keep what is read"


def test_no_two_rows_are_the_same_request() -> None:
    keys = [(row.verb, row.path) for row in RESOURCES]
    assert len(keys) == len(set(keys)) > 70


def test_only_the_catalogue_is_public() -> None:
    assert {row.door.service for row in RESOURCES if row.public} == {"catalog"}


def test_what_is_made_has_a_place_among_the_rows() -> None:
    read = {row.path for row in RESOURCES if row.verb == "GET"}
    assert {row.created for row in RESOURCES if row.created} <= read


def test_text_becomes_the_type_of_the_contract_or_stays_text() -> None:
    search, quote, queue = doors()["catalog", "search"], doors()["catalog", "quote"], doors()["applications", "queue"]
    assert typed(search, "limit", "5") == 5 and typed(search, "limit", "five") == "five"
    assert typed(search, "text", "5") == "5" and typed(search, "nothing", "5") == "5"
    assert typed(queue, "overdue", "true") is True and typed(queue, "overdue", "maybe") == "maybe"
    assert typed(quote, "choices", '{"kind": "new"}') == {"kind": "new"} and typed(quote, "choices", "{") == "{"
    assert typed(search, "limit", "9" * 400) == "9" * 400
    assert types_of("applications", "events", "after") == {"integer"}


@pytest.mark.parametrize("query", [b"a=1&a=2", b"a=%ff", b"a=\xff", b"&".join(b"a%d=1" % n for n in range(80))])
def test_a_query_that_can_be_read_two_ways_is_refused(query: bytes) -> None:
    with pytest.raises(MalformedRequest):
        from_query(query)


def test_tags_are_compared_weakly_and_a_star_is_any() -> None:
    assert matches('W/"a", "b"', '"b"') and matches('"a"', 'W/"a"') and matches("*", '"z"')
    assert not matches(None, '"a"') and not matches('"c"', '"a"')


def test_a_file_name_never_leaves_its_header() -> None:
    made = disposition('x"\r\nSet-Cookie: a=b\\đ.pdf')
    assert made.isascii() and "\r" not in made and "\n" not in made and made.count('"') == 2
