"""The streams of interchange next to the tables of the same database; one store per database and process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent
from sqlalchemy.orm import Session

from infra.chassis.event_store.environment import environment, refuse_unsafe
from infra.chassis.event_store.history_keys import HistoryKeys
from infra.chassis.event_store.persistence import persistently
from infra.chassis.event_store.recorders import AuthenticReading
from infra.chassis.event_store.streams import Streams
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.server_sessions import require_session
from services.interchange.errors import StreamNotAuthentic

Answer = TypeVar("Answer")
SERVICE = "interchange"
MAPPER = "services.interchange.event_store.recorders:InterchangeAllowedTopics"


class InterchangeStore:
    """Events written in the caller's transaction, and read back as they were recorded."""

    _stores: dict[str, InterchangeStore] = {}

    def __init__(self, database: Database, streams: Streams, keys: HistoryKeys) -> None:
        self.database, self.streams, self.keys = database, streams, keys
        recorder = streams.recorder
        assert isinstance(recorder, AuthenticReading), "one of ours"
        recorder.keys, recorder.forged = keys, StreamNotAuthentic

    @classmethod
    def from_settings(cls, settings: Settings) -> InterchangeStore:
        """The store of this process, one per database."""
        refuse_unsafe(settings)
        url = settings.database_url(SERVICE)
        database = Database.at(url)
        store = cls._stores.get(url)
        if store is None or store.database is not database:
            if store is not None:
                store.streams.close()
            require_session("INTERCHANGE_DATABASE_URL", url)  # the library prepares its statements
            streams = Streams(environment(url, settings, MAPPER))
            store = cls._stores[url] = cls(database, streams, HistoryKeys.from_settings(settings))
        return store

    def record(self, events: Sequence[StoredEvent], session: Session) -> list[int]:
        """Write events in the session's transaction; their positions in the log, in order."""
        return list(self.streams.recorder.insert_events(events, session=session) or ())

    def events_of(self, stream_id: UUID) -> list[StoredEvent]:
        """Every event of one stream in its order; refuses what this service did not record."""
        return list(self.streams.recorder.select_events(stream_id))

    def notifications(self, after: int, limit: int) -> list[Notification]:
        """What follows a position in the log of all streams."""
        notifications = self.streams.recorder.select_notifications(start=after, limit=limit, inclusive_of_start=False)
        return list(notifications)

    def last_position(self) -> int:
        return self.streams.recorder.max_notification_id() or 0

    def command(self, command: Command, work: Callable[[Session], Json]) -> Json:
        """Carry out ``work`` once: its events, rows and answer in one commit; again after a conflict."""
        return persistently(lambda: self.database.command(command, work), SERVICE)

    def transact(self, work: Callable[[Session], Answer]) -> Answer:
        """Like :meth:`command` for what comes without a command: one transaction, tried again after a conflict."""

        def once() -> Answer:
            with self.database.session() as session:
                return work(session)

        return persistently(once, SERVICE)
