"""One password tried on many names: each name has few failures, so what is counted is the names a source fails at.

A source is where an attempt comes from as the front end that asks knows it (the header ``source``: an address), kept
as a keyed digest. Many people may share one, an office or a mobile network; names that are signed in to do not count.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from infra.chassis import clock, logs, metrics
from infra.chassis.settings import Settings
from services.identity.errors import SignInDelayed
from services.identity.models import SprayedName

WINDOW = timedelta(hours=1)
MOST_NAMES = 30  # failed at within the window, from one source; more where many people share one
SETTING = "SIGN_IN_NAMES_PER_SOURCE"
RETENTION = timedelta(days=1)


@dataclass(frozen=True)
class SourceBudget:
    """How many names a source may fail at, and the key that sources are digested with."""

    key: bytes
    names: int = MOST_NAMES

    @classmethod
    def from_settings(cls, settings: Settings, key: bytes) -> SourceBudget:
        return cls(key, int(settings.number(SETTING, MOST_NAMES)))

    def digest(self, source: str | None) -> str | None:
        """What of a source is stored: without the key nobody can try all addresses."""
        return hmac.new(self.key, source.encode(), hashlib.sha256).hexdigest() if source else None


def note(session: Session, source: str, name: str, most: int) -> None:
    """Count a name tried from a source; ``SignInDelayed`` when it is one more than a source may fail at."""
    now = clock.now()
    newest = select(SprayedName.last_at).where(
        SprayedName.source_digest == source, SprayedName.name_digest != name, SprayedName.last_at > now - WINDOW
    )
    others = list(session.scalars(newest.order_by(SprayedName.last_at.desc()).limit(most)))
    if len(others) >= most:
        raise SignInDelayed(seconds=max(1, math.ceil((others[-1] + WINDOW - now).total_seconds())))
    row = session.get(SprayedName, (source, name))
    new = row is None or row.last_at <= now - WINDOW
    if row is None:
        row = SprayedName(source_digest=source, name_digest=name)
        session.add(row)
    row.last_at = now
    if new and len(others) == most - 1:
        metrics.sign_in_spraying.inc()
        logs.get().warning("sign_in_spraying", names=most, within_seconds=int(WINDOW.total_seconds()))


def forgive(session: Session, source: str | None, name: str) -> None:
    """The name was not failed at after all."""
    mine = SprayedName.source_digest == source, SprayedName.name_digest == name
    session.execute(delete(SprayedName).where(*mine))


def spraying_sources(session: Session, most: int) -> int:
    """How many sources failed at that many names within the last day."""
    names = func.count(SprayedName.name_digest)
    sources = select(SprayedName.source_digest).group_by(SprayedName.source_digest).having(names >= most)
    return session.scalar(select(func.count()).select_from(sources.subquery())) or 0


def delete_old_names(session: Session, limit: int) -> int:
    """Drop up to ``limit`` names tried long ago; how many were dropped."""
    old = session.query(SprayedName).where(SprayedName.last_at < clock.now() - RETENTION).limit(limit).all()
    for row in old:
        session.delete(row)
    return len(old)
