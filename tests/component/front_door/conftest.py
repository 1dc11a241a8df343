"""One embedded platform with its front door for all tests of this folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.front_door import FrontDoor, embedded_portal

HERE = Path(__file__).parent
RUNNING = contextlib.ExitStack()


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    yield RUNNING.enter_context(
        embedded_portal(
            tmp_path_factory.mktemp("portal"),
            FRONT_DOOR_STREAMS="12",
            FRONT_DOOR_ORIGINS="https://portal.example",
            CATALOG_FOUR_EYES="yes",
        )
    )
    RUNNING.close()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """It ends with the last test of the folder: a platform that idles beside the others takes their time."""
    if nextitem is None or not nextitem.path.is_relative_to(HERE):
        RUNNING.close()
