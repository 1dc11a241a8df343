"""The store of all applications: streams read and written, and commands that are carried out once.

The persistence module is derived from the service's database URL; ``PERSISTENCE_MODULE`` given in the environment wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import Notification
from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from infra.chassis.encryption import Encryption
from infra.chassis.event_store.environment import environment, refuse_unsafe
from infra.chassis.event_store.persistence import Answer, persistently
from infra.chassis.event_store.recorders import AuthenticReading
from infra.chassis.event_store.streams import Streams, replay
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.server_sessions import require_session
from services.applications.domain.application import Application
from services.applications.domain.events import TOPICS, ApplicationEvent
from services.applications.domain.imported_history import ImportedHistory
from services.applications.errors import ApplicationNotFound, HistoryNotAuthentic
from services.applications.event_store import documents
from services.applications.models import application_view
from services.applications.transparency.history_keys import HistoryKeys, reply_encryption

# Where positions are needed that the recorders do not give; SQLite calls the column rowid.
SQL = {
    "of_one": "SELECT notification_id AS position, originator_version, topic, state FROM stored_events "
    "WHERE originator_id = :key AND notification_id > :after ORDER BY originator_version",
    "of_many": "SELECT originator_id, notification_id AS position, originator_version, topic, state FROM stored_events "
    "WHERE originator_id IN :keys ORDER BY originator_id, originator_version",
    "unseen": "SELECT originator_id FROM stored_events WHERE originator_version = 1 AND notification_id <= :until "
    "AND topic = 'applications.Started' AND NOT EXISTS "
    "(SELECT 1 FROM application_view WHERE application_id = {own_id}) ORDER BY notification_id LIMIT 1",
}
OWN_ID = "CAST(originator_id AS text)"
# SQLite keeps ids without hyphens; put back so that the view's key is found by its index.
OWN_ID_ON_SQLITE = " || '-' || ".join(
    f"substr(originator_id, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
)
BATCH = 1000
StoredAggregate = Application | ImportedHistory


class Store:
    """Streams of applications next to the tables of the same database."""

    _stores: dict[str, Store] = {}

    def __init__(self, database: Database, streams: Streams, keys: HistoryKeys, encryption: Encryption) -> None:
        self.database, self.streams, self.keys, self.encryption = database, streams, keys, encryption
        recorder = streams.recorder
        assert isinstance(recorder, AuthenticReading), "one of ours"
        recorder.keys, recorder.forged = keys, HistoryNotAuthentic
        self._on_sqlite = database.engine.dialect.name == "sqlite"
        own_id = OWN_ID_ON_SQLITE if self._on_sqlite else OWN_ID
        self._sql = {
            name: words.replace("notification_id", self.position_column).replace("{own_id}", own_id)
            for name, words in SQL.items()
        }

    @property
    def position_column(self) -> str:
        """What this database calls the position of an event in the log."""
        return "rowid" if self._on_sqlite else "notification_id"

    def stored_id(self, application_id: UUID | str) -> UUID | str:
        """An application's id as the event table has it."""
        key = as_uuid(application_id)
        return key.hex if self._on_sqlite else key

    @classmethod
    def from_settings(cls, settings: Settings) -> Store:
        """The store of this process, one per database."""
        refuse_unsafe(settings)
        url = settings.database_url("applications")
        database = Database.at(url)
        store = cls._stores.get(url)
        if store is None or store.database is not database:
            if store is not None:
                store.streams.close()
            require_session("APPLICATIONS_DATABASE_URL", url)  # the library prepares its statements
            store = cls._stores[url] = cls(
                database,
                Streams(environment(url, settings, "services.applications.event_store.recorders:AllowedTopics")),
                HistoryKeys.from_settings(settings),
                reply_encryption(settings),
            )
        return store

    def key_of(self, application_id: str) -> str:
        """The id of an application named by id or reference; ``ApplicationNotFound`` for neither.

        An imported history's reference is the older system's name and the case's number there: ``system/case``.
        """
        try:
            return str(UUID(application_id))
        except ValueError:
            pass
        system, slash, case = application_id.partition("/")
        if slash and self.streams.recorder.select_events(ImportedHistory.id_of(system, case), limit=1):
            return str(ImportedHistory.id_of(system, case))
        with self.database.session() as session:
            key = session.scalar(
                select(application_view.c.application_id).where(application_view.c.reference == application_id)
            )
        if key is None:
            raise ApplicationNotFound(application_id=application_id)
        return str(key)

    def get(self, application_id: UUID | str, version: int | None = None) -> Application:
        """The application as its events record it, at a version or now; an imported history is none."""
        application = self.aggregate(application_id, version)
        if not isinstance(application, Application):
            raise ApplicationNotFound(application_id=str(application_id))
        return application

    def aggregate(self, application_id: UUID | str, version: int | None = None) -> StoredAggregate:
        """The application or imported history of that id, at a version or now."""
        try:
            application: StoredAggregate = self.streams.aggregate(as_uuid(application_id), version)
        except AggregateNotFoundError:
            raise ApplicationNotFound(application_id=str(application_id)) from None
        return application

    def events(
        self, application_id: UUID | str, *, after: int | None = None, until: int | None = None
    ) -> Iterator[ApplicationEvent]:
        """The events of one application in their order."""
        stored = self.streams.recorder.select_events(as_uuid(application_id), gt=after, lte=until)
        return (self.streams.mapper.to_domain_event(row) for row in stored)  # type: ignore[misc]

    def replayed(self, application_id: str, events: Iterable[ApplicationEvent]) -> StoredAggregate:
        """The application or imported history these events belong to; ``ApplicationNotFound`` when there are none."""
        application: StoredAggregate | None = replay(None, events)
        if application is None:
            raise ApplicationNotFound(application_id=application_id)
        return application

    def record(self, application: StoredAggregate, session: Session) -> int:
        """Write the pending events in the session's transaction; the position of the last one in the log."""
        recordings = self.streams.save(application, session=session)
        if isinstance(application, Application):
            documents.put(session, application, self.keys)
        return int(recordings[-1].notification.id)

    def notifications(self, after: int, limit: int = BATCH, until: int | None = None) -> list[Notification]:
        """What follows a position in the log of all events of applications; imported histories are not among them."""
        notifications = self.streams.recorder.select_notifications(
            start=after, limit=limit, stop=until, topics=list(TOPICS), inclusive_of_start=False
        )
        return list(notifications)

    def position_before(self, moment: datetime) -> int:
        """A position in the log before which everything happened before ``moment`` (by halving; 0: none is)."""
        before, beyond = 0, self.last_position() + 1
        while beyond - before > 1:
            middle = (before + beyond) // 2
            notifications = self.notifications(middle - 1, 1)
            if notifications and self.event_of(notifications[0]).timestamp < moment:
                before = middle
            else:
                beyond = middle
        return before

    def rows(
        self, *, after: int, limit: int, application_id: str | None = None, topics: list[str] | None = None
    ) -> list[Notification]:
        """What follows a position, of one application or of certain topics only; with positions."""
        if application_id is None:
            notifications = self.streams.recorder.select_notifications(
                start=after, limit=limit, topics=topics or [], inclusive_of_start=False
            )
            return list(notifications)
        return self._rows_of(application_id, after, limit, topics or [])

    def _rows_of(self, application_id: str, after: int, limit: int, topics: list[str]) -> list[Notification]:
        key = as_uuid(application_id)
        with self.database.session() as session:
            own = {"key": key.hex if self._on_sqlite else key, "after": after}
            rows = session.execute(text(self._sql["of_one"]), own).all()
        chosen = [row for row in rows if not topics or row.topic in topics][:limit]
        return [Notification(key, row.originator_version, row.topic, bytes(row.state), row.position) for row in chosen]

    def rows_of(self, application_ids: Iterable[str]) -> list[Notification]:
        """All rows of some applications, one application after the other, with positions."""
        keys = [key.hex if self._on_sqlite else key for key in map(as_uuid, application_ids)]
        query = text(self._sql["of_many"]).bindparams(bindparam("keys", expanding=True))
        with self.database.session() as session:
            rows = session.execute(query, {"keys": keys}).all()
        return [
            Notification(as_uuid(row.originator_id), row.originator_version, row.topic, bytes(row.state), row.position)
            for row in rows
        ]

    def first_unseen(self, until: int) -> str | None:
        """The first application started up to a position that the read model has no row for."""
        with self.database.session() as session:
            notification_id = session.scalar(text(self._sql["unseen"]), {"until": until})
        return None if notification_id is None else str(as_uuid(notification_id))

    def event_of(self, notification: Notification) -> ApplicationEvent:
        event: ApplicationEvent = self.streams.mapper.to_domain_event(notification)  # type: ignore[assignment]
        return event

    def last_position(self) -> int:
        return self.streams.recorder.max_notification_id() or 0

    def command(self, command: Command, work: Callable[[Session], Json]) -> Json:
        """Carry out ``work`` once: its events, rows and answer in one commit.

        When another command was first on the same application, the work is judged again on the new state. When
        a commit's outcome is unknown (the connection died), the answer stored next to the events decides.
        """
        return persistently(lambda: self.database.command(command, work))

    def transact(self, work: Callable[[Session], Answer]) -> Answer:
        """Like :meth:`command` for what the system does by itself: one transaction, tried again after a conflict."""

        def once() -> Answer:
            with self.database.session() as session:
                return work(session)

        return persistently(once)


def as_uuid(application_id: UUID | str) -> UUID:
    return application_id if isinstance(application_id, UUID) else UUID(application_id)
