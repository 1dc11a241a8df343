"""``python -m tests.support.problem_texts`` writes the words of every refusal where the front door reads them."""

from __future__ import annotations

import importlib
import json
from typing import Any

from infra.chassis import refusals
from infra.chassis.contracts import contract_of
from infra.chassis.files import replace_text
from infra.chassis.settings import SERVICES
from infra.front_door.problems import TEXTS, words_of_class


def refusal_texts() -> dict[str, dict[str, str]]:
    """Every refusal that a contract names; under ``service.name``, too, where a service has words of its own for it."""
    texts_by_name: dict[str, dict[str, str]] = {}
    for service in SERVICES:
        named = {name for door in contract_of(service).rpc.values() for name in door["refusals"]}
        for name in sorted({*named, *ALWAYS}):
            cls = _class_of(service, name)
            if cls is None:  # a neighbour's, passed on under its own name
                continue
            words = words_of_class(cls)
            if texts_by_name.setdefault(name, words) != words:
                texts_by_name[f"{service}.{name}"] = words
    return dict(sorted(texts_by_name.items()))


ALWAYS = (
    "InvalidRequest",
    "Unauthenticated",
    "Forbidden",
    "CommandIdReused",
    "DeadlineExceeded",
    "ServiceUnavailable",
)


def _class_of(service: str, name: str) -> Any:
    own = importlib.import_module(f"services.{service}.errors")
    return getattr(own, name, None) or getattr(refusals, name, None)


def main() -> None:
    replace_text(TEXTS, json.dumps(refusal_texts(), ensure_ascii=False, indent=1) + "\n", mode=0o644)


if __name__ == "__main__":
    main()
