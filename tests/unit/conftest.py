"""Every test in this folder is pure: no database, no process, no socket, no file but those it reads."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.support.purity import pure


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    with pure():  # fixtures of a module or session, too
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    with pure():
        return (yield)
