"""The sample catalogue: enough of everything, sound, and found by those who look for it."""

from __future__ import annotations

import pytest

from infra.chassis.instants import day_of
from infra.fees import FeeQuery
from services.catalog.search import Query
from tests.component.catalog.use_cases import BY, NOBODY, Catalogue, catalogue, command
from tests.unit.catalog.test_samples import SAMPLES


@pytest.fixture(scope="module")
def book() -> Catalogue:
    book = catalogue()
    for sample in SAMPLES:
        book.offerings.publish(sample, "2025-07-01", by=BY, command=command())
    return book


def test_the_driving_licence_is_found_without_diacritics(book):
    assert book.search.search(Query.of("doi giay phep lai xe", None, {}))["items"][0]["code"] == "3.000347"


@pytest.mark.parametrize(
    ("code", "channel", "at", "total"),
    [
        ("3.000347", "online", "2025-07-01", 115_000),
        ("3.000347", "online", "2026-01-01", 135_000),
        ("3.000347", "counter", "2025-07-01", 135_000),
        ("1.001193", "online", "2026-01-01", 0),
        ("2.001194", "online", "2026-06-01", 35_000),
        ("2.001194", "online", "2027-01-01", 70_000),
        ("2.002043", "counter", "2026-01-01", 150_000),
        ("2.002043", "online", "2026-01-01", 100_000),
    ],
)
def test_a_sample_costs_what_the_law_says(book, code, channel, at, total):
    quoted = book.offerings.quote(code, None, FeeQuery(channel, day_of(at)), by=NOBODY)
    assert quoted["total"] == {"amount": total, "currency": "VND"}
