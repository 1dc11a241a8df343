"""After the tables: events recorded before they bore MACs get theirs, answers with a tracking code are encrypted."""

from __future__ import annotations

from sqlalchemy import text

from infra.chassis import logs
from infra.chassis.encryption import encrypt_replies
from infra.chassis.settings import Settings
from infra.chassis.storage.connections import engine_of
from services.applications.transparency.history_keys import reply_encryption

WITHOUT = text(
    "SELECT 1 FROM stored_events AS e LEFT JOIN event_mac AS m ON m.originator_id = e.originator_id "
    "AND m.originator_version = e.originator_version WHERE m.mac IS NULL LIMIT 1"
)


def run(settings: Settings) -> None:
    """An empty installation needs no keys."""
    _encrypt_tracking_codes(settings)
    _sign_history(settings)


def _encrypt_tracking_codes(settings: Settings) -> None:
    """In the command log, where an earlier release stored the answer to ``start`` in the clear."""
    engine = engine_of(settings.migration_url("applications"))
    try:
        with engine.begin() as connection:
            encrypt_replies(connection, "applications.start", "tracking_code", lambda: reply_encryption(settings))
    finally:
        engine.dispose()


def _sign_history(settings: Settings) -> None:
    """Sign what is sealed and holds; say what could not be signed."""
    if not _anything_to_sign(settings.migration_url("applications")):
        return
    # An empty installation does not need the modules that check a store.
    from services.applications.verification.history_signing import sign_history, warnings_of

    outcome = sign_history(settings)
    for warning in warnings_of(outcome):
        logs.get(service="applications").warning("history_not_signed", problem=warning)
    if outcome["signed"]:
        logs.get(service="applications").info("history_signed", events=outcome["signed"])


def _anything_to_sign(url: str) -> bool:
    engine = engine_of(url)
    try:
        with engine.connect() as connection:
            return connection.scalar(WITHOUT) is not None
    finally:
        engine.dispose()
