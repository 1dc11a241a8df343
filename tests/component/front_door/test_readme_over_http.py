"""The way of an application by curl that the README shows, as it is there."""

from __future__ import annotations

from pathlib import Path

from tests.support.front_door import FrontDoor
from tests.support.readme_commands import taken_through_by_curl


def test_the_curl_commands_of_the_readme_lead_from_search_to_result(door: FrontDoor, tmp_path: Path) -> None:
    taken_through_by_curl(door.url, door.people, tmp_path)
