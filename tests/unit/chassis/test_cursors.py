"""A cursor is input like any other: one that was not given out here is refused by name, whatever is in it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.refusals import InvalidRequest

FORGED: list[tuple[str, type]] = [
    ('["\\ud800"]', str),
    ('["a\\u0000"]', str),
    ('["9999-12-31T23:59:59-23:59"]', datetime),
    ('["0001-01-01T00:00:00+23:59"]', datetime),
    ('["2026-01-01T00:00:00"]', datetime),
    ('["2026-01-01"]', datetime),
    ("[1e400]", int),
    ("[NaN]", int),
    ("[-0.0]", int),
    ("[true]", int),
    ("[9223372036854775808]", int),
    ("[" + "9" * 5_000 + "]", int),
    ("[" * 100_000, str),
    ('{"0": 1}', int),
    ("[1, 2]", int),
    ("[]", int),
    ("7", int),
]


@pytest.mark.parametrize(("text", "kind"), FORGED)
def test_a_cursor_with_a_key_that_no_row_can_have_is_refused(text: str, kind: type) -> None:
    with pytest.raises(InvalidRequest):
        key_of(base64.urlsafe_b64encode(text.encode()).decode(), kind)


@pytest.mark.parametrize("cursor", ["é", "\ud800", "", "=", "a", "AAAA", "x" * 10_000, "bnVsbA=="])
def test_what_is_no_cursor_at_all_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        key_of(cursor, str)


def test_a_cursor_given_out_here_is_read_again() -> None:
    at = datetime(2026, 3, 2, 9, 4, tzinfo=UTC)
    assert key_of(cursor_of(at, 7, "Mẫu"), datetime, int, str) == [at, 7, "Mẫu"]
    assert key_of(None, str) is None
