"""Whether what people are shown is what was recorded, and what is recorded is what was sealed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.errors import TooMuchToVerify
from services.applications.event_store.store import Store
from services.applications.read_model.rebuild import verify
from services.applications.transparency.keys import verifier_keys
from services.applications.transparency.log import StoredLog
from services.applications.transparency.tiles import TileFolder, tile_store
from services.applications.verification.authenticity_check import check_authenticity
from services.applications.verification.commitment_check import first_broken_commitment
from services.applications.verification.replay_check import first_broken_history
from services.applications.verification.verifier import Database as ReadOnly
from services.applications.verification.verifier import Key, Tiles, Verdict, verify_database

if TYPE_CHECKING:
    from services.applications.transparency.s3_tiles import S3Tiles

SNAPSHOTS = "stored_snapshots"
AT_ONCE = 30_000  # events that are checked within the ten seconds callers wait, with time to spare
SEALED_WITHIN = 6.0  # seconds an event may wait for its seal while a follower runs
Progress = Callable[[int, int, str], None]  # (how much, of how much, what: see STAGES of `portal verify`)
REASONS = {
    "view_changed": (
        "dữ liệu hiển thị khác với sự kiện đã ghi",
        "what is shown differs from what was recorded",
    ),
    "snapshot_planted": (
        "có ảnh chụp trạng thái dù kho này không dùng; không ai được đọc nó",
        "a snapshot stands where none is ever made; nothing reads it",
    ),
}


class SelfCheck:
    """`keys`: verifier keys this installation was given, not those its database names; `settings`: where its files are.

    Without published files (nothing is sealed yet) and without keys the log is held against itself alone, and says so.
    """

    def __init__(self, store: Store, keys: list[str], settings: Settings) -> None:
        self.store, self.keys, self.settings = store, keys, settings

    @classmethod
    def from_settings(cls, settings: Settings) -> SelfCheck:
        return cls(Store.from_settings(settings), verifier_keys(settings), settings)

    def verify(self) -> Json:
        """``{events, applications, first_bad, log}``.

        ``first_bad``: the first place where the log was touched, an event that this service did not record, or where
        replay differs from the read model, or where what is stored next to the streams was touched: ``{kind,
        application_id, …, reason}``. ``log``: the verdict of the verifier that auditors also run without this
        installation. ``TooMuchToVerify`` for a store that cannot be checked while a caller waits.
        """
        events, at_once = self.store.last_position(), int(self.settings.number("AUDIT_VERIFY_EVENTS", AT_ONCE))
        if events > at_once:
            raise TooMuchToVerify(events=events, at_once=at_once)
        verdict = self.log()
        if verdict["first_bad"]:
            # What was touched need not even load: nothing is concluded from replaying it.
            return {
                "events": verdict["events"],
                "applications": None,
                "first_bad": verdict["first_bad"],
                "log": verdict,
            }
        authenticity = self.check_authenticity()
        if authenticity["first_bad"]:
            return {**authenticity, "applications": None, "log": verdict}
        return {**self.check_read_model(), "log": verdict}

    def check_authenticity(self, progress: Progress = lambda *_: None) -> Json:
        """``{events, first_bad}``: whether this service recorded each event, by its MAC."""
        return check_authenticity(self.store, lambda done, total: progress(done, total, "authenticating"))

    def check_read_model(self, progress: Progress = lambda *_: None) -> Json:
        """Read model, snapshots and private data, held against the events: ``{events, applications, first_bad}``.

        Only for a store whose log has been found whole, so far as it is sealed.
        """
        # Nothing is compared with histories that do not even replay.
        broken = first_broken_history(self.store, lambda done, total: progress(done, total, "replaying"))
        if broken:
            return {"events": self.store.last_position(), "applications": None, "first_bad": broken}
        comparison = verify(self.store, lambda done, total: progress(done, total, "comparing"))
        bad = _with_reason("view_changed", comparison["first_bad"]) or self._snapshot()
        bad = bad or first_broken_commitment(self.store, lambda done, total: progress(done, total, "opening"))
        return {**comparison, "first_bad": bad}

    def wait_until_sealed(self, seconds: float = SEALED_WITHIN) -> int:
        """The last position of the store, which a running sealer is given time to reach."""
        last, until = self.store.last_position(), time.monotonic() + seconds
        while self._sealed_up_to() < last and time.monotonic() < until:
            time.sleep(0.2)
        return last

    def _sealed_up_to(self) -> int:
        with self.store.database.session() as session:
            return StoredLog(session.connection()).head().notification_id

    def log(self) -> Json:
        keys = [Key.parse(key) for key in self.keys]
        verdict = Verdict("log", "applications", keys_given=bool(keys))
        tiles = published_log(self.settings)  # read before the database, which may only be ahead of it
        with closing(ReadOnly(self.store.database.url, None)) as database:
            verify_database(database, keys or database.keys(), verdict, tiles, progress=lambda _: _let_others_run())
        return verdict.to_json()

    def _snapshot(self) -> Json | None:
        """Replay never starts from a snapshot here, so one that is there was put there by somebody."""
        with self.store.database.session() as session:
            if not inspect(session.connection()).has_table(SNAPSHOTS):
                return None
            query = text(f"SELECT originator_id, originator_version FROM {SNAPSHOTS} LIMIT 1")  # noqa: S608
            row = session.execute(query).first()
        place = {"application_id": str(row[0]), "version": row[1]} if row else {"application_id": None}
        return _with_reason("snapshot_planted", place)


class PublishedInS3(Tiles):
    """Published files read where only this installation may read them."""

    def __init__(self, store: S3Tiles) -> None:
        self.store = store
        super().__init__(f"s3://{store.storage.bucket}")

    def get(self, name: str) -> bytes | None:
        return self.store.read(name)


def published_log(settings: Settings) -> Tiles | None:
    """The files this installation publishes, as the verifier reads them; None before the first checkpoint."""
    store = tile_store(settings)
    if store.checkpoint() is None:
        return None
    return Tiles(str(store.path)) if isinstance(store, TileFolder) else PublishedInS3(store)


def _with_reason(kind: str, bad: Json | None) -> Json | None:
    return {"kind": kind, **bad, "reason": dict(zip(("vi", "en"), REASONS[kind], strict=True))} if bad else None


def _let_others_run() -> None:
    """Verifying counts for seconds; calls and heartbeats of the same process must not wait for it."""
    threading.Event().wait(0.001)
