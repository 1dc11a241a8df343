"""A cell of an exported table is text and never a formula."""

from __future__ import annotations

import pytest

from services.applications.exchange.export import _cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_of_an_export_can_be_taken_for_a_formula(text):
    assert _cell(text) == f"'{text}" and _cell(-1) == -1 and _cell("Nguyễn Thị Mẫu") == "Nguyễn Thị Mẫu"
