"""Definitions for tests: the smallest sound one, and the catalogue of real titles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.chassis.text.vietnamese_text import folded_words

# (code, title, field) of real procedures as the official list has them: facts, for tests of the search.
TITLES: list[list[str]] = json.loads((Path(__file__).parent / "real_titles.json").read_text(encoding="utf-8"))


def offer(code: str = "1.999001", title: str = "Cấp giấy mẫu", **changed: Any) -> dict[str, Any]:
    """A sound definition of level 2, free, five working days at the counter; any key may be changed."""
    return {
        "code": code,
        "title": {"vi": title, "en": f"{title} (en)"},
        "field": {"code": "mau", "vi": "Lĩnh vực mẫu", "en": "Sample field"},
        "level": 2,
        "audience": ["citizen"],
        "authority": {"level": "commune", "name": {"vi": "Ủy ban nhân dân cấp xã"}, "agency_codes": ["H01.01"]},
        "channels": {"counter": {"processing_time": {"amount": 5, "unit": "working_days"}}},
        "fees": [],
        **changed,
    }


def fee(rule: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A fee in đồng over every channel, always in force."""
    return {
        "id": "phi",
        "kind": "charge",
        "name": {"vi": "Phí mẫu", "en": "Sample charge"},
        "rule": rule,
        "currency": "VND",
        "collected_at": "intake",
        "channels": ["online", "counter", "post"],
        "legal_basis": "01/2020/TT-BTC",
        "exempt": [],
        "valid_from": None,
        "valid_until": None,
        **changed,
    }


def real_offers() -> list[dict[str, Any]]:
    """The real titles as procedures."""
    return [
        {
            **offer(code),
            "title": {"vi": title},
            "field": {"code": folded_words(field).replace(" ", "-")[:80], "vi": field},
        }
        for code, title, field in TITLES
    ]
