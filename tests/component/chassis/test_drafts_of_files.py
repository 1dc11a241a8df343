"""A file that a command writes for somebody is there as a whole or as it was before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra.chassis.files import draft_of


def test_what_breaks_off_leaves_the_file_of_before_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("the export of yesterday")
    with pytest.raises(ConnectionError), draft_of(file) as draft:
        draft.write_text("half of to")
        raise ConnectionError
    assert file.read_text() == "the export of yesterday" and [*tmp_path.iterdir()] == [file]


def test_what_is_finished_takes_its_place_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "latest.csv"
    link.symlink_to(tmp_path / "there" / "events.csv")
    with draft_of(link) as draft:
        draft.write_text("đủ", encoding="utf-8")
    assert link.is_symlink() and (tmp_path / "there" / "events.csv").read_text(encoding="utf-8") == "đủ"


def test_a_device_is_written_to_and_stays_one() -> None:
    with draft_of(Path(os.devnull)) as draft:
        draft.write_text("gone")
    assert not Path(os.devnull).is_file()
