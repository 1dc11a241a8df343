"""Every test in this folder is pure: no database, no process, no socket, no file but those it reads."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

from infra.cli.main import COLLECT_AFTER
from tests.support.purity import pure

gc.set_threshold(*COLLECT_AFTER)  # as every process of the platform does: modules and collected tests are not garbage


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    with pure():  # fixtures of a module or session, too
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    with pure():
        return (yield)
