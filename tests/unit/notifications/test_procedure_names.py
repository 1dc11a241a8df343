"""Names of procedures, papers and fields, of whatever definition was ever published."""

from __future__ import annotations

from typing import Any

import pytest

from services.notifications.procedures import Names, name_in


@pytest.mark.parametrize(
    "schema",
    [
        True,
        False,
        {},
        {"x-label": None},
        {"x-label": "Họ tên"},
        {"x-label": [1]},
        {"x-label": 5},
        {"x-label": {"vi": 5}},
    ],
)
def test_a_field_without_a_readable_label_is_called_by_its_name(schema: Any) -> None:
    names = Names.of({"title": {"vi": "Thủ tục mẫu"}, "form": {"properties": {"ho_ten": schema}}})
    assert name_in(names.fields["ho_ten"], "en", "ho_ten") == "ho_ten"


def test_a_label_is_in_the_language_there_is() -> None:
    names = Names.of({"form": {"properties": {"ho_ten": {"x-label": {"vi": "Họ tên", "en": None}}}}})
    assert name_in(names.fields["ho_ten"], "en", "ho_ten") == "Họ tên"
