"""A CSV that a spreadsheet opens right: its letters are known, and no cell is taken for a formula."""

from __future__ import annotations

import csv
import io

import pytest

from infra.chassis.text.spreadsheet import csv_page

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
WIDE = ["＝1", "＋1", "－1", "＠x", "﹦1", "﹢1", "﹣1", "﹫x"]
SHIFTED = ["\t1", "\rx", "\nx", "\t"]
HIDDEN = [" =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "\u202e=1", "\x00=1", "\u3000＝1"]


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("text", [*FORMULAS, *WIDE, *HIDDEN, *SHIFTED])
def test_no_cell_can_be_taken_for_a_formula(text: str) -> None:
    assert cells(csv_page([[text]])) == [[f"'{text}"]]


@pytest.mark.parametrize("text", ["Nguyễn Thị Mẫu", "", "  ", "a=1", "1-2", "(=1)", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cells(csv_page([[text, "x"]])) == [[text, "x"]]


def test_numbers_are_numbers_and_nothing_is_empty() -> None:
    assert csv_page([[-1, None, 2.5]]) == "-1,,2.5\r\n"


def test_the_first_page_has_the_mark_of_its_letters_and_the_heading_and_the_others_do_not() -> None:
    assert csv_page([["đ"]], heading=["mã"]) == "\ufeffmã\r\nđ\r\n"
    assert csv_page([["đ"]]) == "đ\r\n"
