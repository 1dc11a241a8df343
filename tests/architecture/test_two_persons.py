"""What two persons decide is decided in one place: no service compares requester and decider by itself."""

from __future__ import annotations

import ast
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"
REQUESTERS = {"requested_by"}
USES = "from infra.chassis.access.second_person import"


def compared_by_hand(source: str) -> bool:
    """Whether a row's requester is compared: ``request.requested_by == by.account_id``; a query's condition is none."""
    compares = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare))
    sides = (side for compare in compares for side in (compare.left, *compare.comparators))
    requesters = (side for side in sides if isinstance(side, ast.Attribute) and side.attr in REQUESTERS)
    return any(isinstance(side.value, ast.Name) and side.value.id.islower() for side in requesters)


def test_no_service_compares_requester_and_decider_by_itself() -> None:
    sources = {path: path.read_text() for path in SERVICES.rglob("*.py")}
    assert [str(path.relative_to(SERVICES)) for path, source in sources.items() if compared_by_hand(source)] == []
    assert sum(USES in source for source in sources.values()) >= 7


def test_the_comparison_that_is_looked_for_is_found() -> None:
    assert compared_by_hand("if waiver.requested_by == by.account_id:\n    raise SecondPersonNeeded()")
