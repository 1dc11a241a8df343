"""What changed between two versions: one line per field, with the path a reader can follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.chassis.json_types import Json

Change = dict[str, object]
_KEYS = ("id", "code", "number")


def between(old: object, new: object) -> list[Change]:
    """Changes from ``old`` to ``new``: ``{"path": JSON pointer, "change": added|removed|changed, "old", "new"}``.

    Lists of things with an ``id``, ``code`` or ``number`` are matched by it, so that a paper put in the middle
    is one addition and not a change of all that follow.
    """
    return list(_walk("", old, new))


def _walk(path: str, old: object, new: object) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mappings(path, old, new)
    elif isinstance(old, list) and isinstance(new, list) and (key := _key_of(old, new)):
        yield from _mappings(path, {member[key]: member for member in old}, {member[key]: member for member in new})
        if {member[key] for member in old} == {member[key] for member in new} and [member[key] for member in old] != [
            member[key] for member in new
        ]:
            yield {
                "path": path,
                "change": "changed",
                "old": [member[key] for member in old],
                "new": [member[key] for member in new],
            }
    elif old != new:
        yield {"path": path, "change": "changed", "old": old, "new": new}


def _mappings(path: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    for name in [*old, *(name for name in new if name not in old)]:
        here = f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if name not in new:
            yield {"path": here, "change": "removed", "old": old[name], "new": None}
        elif name not in old:
            yield {"path": here, "change": "added", "old": None, "new": new[name]}
        else:
            yield from _walk(here, old[name], new[name])


def _key_of(old: list[Json], new: list[Json]) -> str | None:
    """The key under which the members of both lists are distinct, if there is one."""
    members = [*old, *new]
    if not members or not all(isinstance(member, Mapping) for member in members):
        return None
    for key in _KEYS:
        if all(isinstance(member.get(key), str) for member in members) and all(
            len({m[key] for m in side}) == len(side) for side in (old, new)
        ):
            return key
    return None
