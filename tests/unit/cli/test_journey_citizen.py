"""The citizen of a journey can register whatever chance gives."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from infra.cli.journey import beginning
from services.identity.passwords import check_strength

PERSON = {"citizen_number": "001190999901", "full_name": "Nguyễn Thị Mẫu", "birth_date": "1990-01-01"}


def test_no_chance_makes_the_password_of_a_journey_a_weak_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID("12345678-9012-4345-8678-901234567890"))  # digits alone

    def register_citizen(**particulars: Any) -> dict[str, str]:
        check_strength(particulars["password"], about=[particulars["citizen_number"], particulars["phone"]])
        return {"account_id": "1"}

    identity = SimpleNamespace(register_citizen=register_citizen)
    journey: Any = SimpleNamespace(portal=SimpleNamespace(as_=lambda: SimpleNamespace(identity=identity)))
    assert beginning._register(journey, [PERSON])["account_id"] == "1"
