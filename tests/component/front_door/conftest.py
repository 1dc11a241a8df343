"""One embedded platform with its front door for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.front_door import FrontDoor, embedded_portal


@pytest.fixture(scope="package")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with embedded_portal(tmp_path_factory.mktemp("portal")) as door:
        yield door
