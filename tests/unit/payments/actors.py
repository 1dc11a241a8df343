"""Who acts in the tests of payments."""

from __future__ import annotations

from uuid import uuid4

from infra.chassis.access.actors import Actor

AGENCY = "H01.01"


def official(name: str, *roles: str, agency: str = AGENCY) -> Actor:
    return Actor(str(uuid4()), name, frozenset(), {agency: frozenset(roles)})


CITIZEN = Actor(str(uuid4()), "Nguyễn Thị Mẫu", frozenset({"citizen"}))
STRANGER = Actor(str(uuid4()), "Trần Văn Mẫu", frozenset({"citizen"}))
ACCOUNTANT = official("Kế toán Mẫu", "accountant")
ACCOUNTANT_2 = official("Kế toán thứ hai", "accountant")
CLERK = official("Một cửa Mẫu", "intake_officer")
APPROVER = official("Lãnh đạo Mẫu", "approver")
ELSEWHERE = official("Kế toán nơi khác", "accountant", "approver", agency="H99.01")
AUDITOR = Actor(str(uuid4()), "Kiểm toán Mẫu", frozenset({"auditor"}))
