"""What JSON from outside may be: how large, how deep (counted without recursion), and each member once."""

from __future__ import annotations

MAX_DEPTH = 60  # nesting of JSON
TWICE = "\0twice"  # marks an object in which a member stood twice; no member can be named so
MAX_VALUES = 200_000  # members and items of one argument; nobody walks through more of them


class MemberTwice(ValueError):
    """An object has a member twice; readers differ in which of the two they take (RFC 7493, 2.3)."""


def members_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """For ``object_pairs_hook``: the object, or ``MemberTwice``."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MemberTwice("a field stands in it twice")
    return members


def members_marked(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """For ``object_pairs_hook``: the object, marked with ``TWICE`` for whoever checks it by its place."""
    members = dict(pairs)
    if len(members) < len(pairs):
        members[TWICE] = True
    return members


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
        below: list[object] = []
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
