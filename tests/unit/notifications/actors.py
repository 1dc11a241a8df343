"""Who acts in the tests of notifications."""

from __future__ import annotations

from infra.chassis.access.actors import Actor

CITIZEN = Actor("3f6c1f0a-6f5c-4b0e-9a51-0e3a1d2c4b5f", "Nguyễn Thị Mẫu", frozenset({"citizen"}))
STRANGER = Actor("9a1d7c55-0000-4000-8000-000000000001", "Trần Văn Thí Dụ", frozenset({"citizen"}))
OPERATOR = Actor("0b5e6f77-0000-4000-8000-000000000002", "Vận hành", frozenset({"operator"}))
EDITOR = Actor("0b5e6f77-0000-4000-8000-000000000003", "Biên tập", frozenset({"catalog_editor"}))
