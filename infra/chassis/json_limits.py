"""How large and how deep JSON from outside may be; counted without recursion, and given up at the limit."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 60  # nesting of JSON
MAX_VALUES = 200_000  # members and items of one argument; nobody walks through more of them


def too_many(value: object, limit: int = MAX_VALUES) -> bool:
    """Whether JSON holds more values than that. A list or table is counted by its length before it is walked."""
    count, waiting = 0, [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list):
            count += len(node)
            if count > limit:
                return True
            waiting += [
                inner for inner in (node.values() if isinstance(node, dict) else node) if isinstance(inner, dict | list)
            ]
    return False


def too_deep(value: object, limit: int = MAX_DEPTH) -> bool:
    """Whether JSON is nested deeper than ``limit`` (checked without recursion)."""
    level = [value]
    for _ in range(limit):
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        if not below:
            return False
        level = [node for node in below if isinstance(node, dict | list)]
        if not level:
            return False
    return True
