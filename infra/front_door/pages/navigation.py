"""The doors in the header: each with the roles that see it. Nobody sees one that would refuse them."""

from __future__ import annotations

from dataclasses import dataclass

from infra.front_door.pages.sessions import Person

CITIZEN = frozenset({"citizen"})
OFFICERS = frozenset({"intake_officer", "case_officer", "approver"})
AUDITOR = frozenset({"auditor"})
PUBLISHERS = frozenset({"catalog_editor", "approver"})
DECIDERS = frozenset({"intake_officer", "approver", "accountant", "operator", "catalog_editor"})


@dataclass(frozen=True, slots=True)
class Entry:
    """``roles``: any of them; None is everybody. ``text``: its key among the words."""

    text: str
    path: str
    roles: frozenset[str] | None = None


ENTRIES: tuple[Entry, ...] = (
    Entry("common.nav_find", "/procedures"),
    Entry("common.nav_track", "/track"),
    Entry("common.nav_mine", "/applications", CITIZEN),
    Entry("common.nav_inbox", "/inbox", CITIZEN),
    Entry("common.nav_desk", "/desk", OFFICERS),
    Entry("common.nav_audit", "/audit", AUDITOR),
    Entry("common.nav_decisions", "/decisions", DECIDERS),
)


def entries_for(person: Person | None) -> list[Entry]:
    return [entry for entry in ENTRIES if entry.roles is None or (person and entry.roles & person.roles)]


def is_current(entry: Entry, path: str) -> bool:
    """Whether ``path`` (without its language) lies under the entry."""
    return path == entry.path or path.startswith(f"{entry.path}/")
