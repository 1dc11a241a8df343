"""Dead letters in a service's database: selected, handed to their handlers again, watched until they are handled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from amqp.exceptions import AMQPError
from sqlalchemy import select

from infra.chassis.erasure.queues import SweepInProgress, remove_settled
from infra.chassis.json_types import Json
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.publishing import Publisher, Unroutable
from infra.chassis.running.loader import installed
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import inbox
from infra.cli.connection import portal_session
from infra.cli.exit_codes import Refused
from infra.cli.progress import progress
from infra.cli.services import known_services

DIGESTED_WITHIN = 15.0  # seconds the embedded platform stays up for a replayed dead letter
TURN_WITHIN = 5.0  # seconds to wait for a service that goes through the quarantine
Settled = tuple[dict[str, str], list[Json]]  # what came of their copies; the dead letters


def selected_ids(
    letters: DeadLetters, numbers: list[int] | None, *, consumer: str, error: str, readable: bool = False
) -> list[int]:
    """The dead letters a command is about: those named, or all open ones of a kind; never all there are."""
    if bool(numbers) == bool(consumer or error):
        raise Refused("name letters by their numbers, or all of a kind with --consumer or --error")
    return numbers or letters.ids(consumer=consumer, error=error, readable=readable)


def replay_all(settings: Settings, letters: DeadLetters, numbers: list[int]) -> Settled:
    """Each handed to its handler's queue again, then out of the quarantine."""
    with publisher_of(settings) as publisher:
        return _each(settings, numbers, lambda number: letters.replay(number, publisher))


def drop_all(settings: Settings, letters: DeadLetters, numbers: list[int], reason: str) -> Settled:
    """Each given up, then out of the quarantine."""
    return _each(settings, numbers, lambda number: letters.drop(number, reason))


def _each(settings: Settings, numbers: list[int], settle: Callable[[int], dict[str, object]]) -> Settled:
    settled: list[dict[str, object]] = []
    try:
        with progress("thông điệp / letters", quiet=len(numbers) == 1) as on_progress:
            for number in numbers:
                settled.append(settle(number))
                on_progress(len(settled), len(numbers))
    finally:  # also of those that came before one that failed, or before somebody had enough
        outcome = remove_copies(settings, settled)
    return outcome, settled


def replay_embedded(settings: Settings, service: str, numbers: list[int]) -> list[Json]:
    """The embedded default comes up for them, tries each twice and goes down when all are digested or dead again."""
    quick = Settings({**settings.env, "RETRY_TIERS": "0.2"})
    with portal_session(quick), publisher_of(quick) as publisher:
        return [_replay_and_wait(DeadLetters.of(quick, service), publisher, number) for number in numbers]


def _replay_and_wait(letters: DeadLetters, publisher: Publisher, letter: int) -> Json:
    before = _digesters(letters, letters.show(letter)["message_id"])
    letter_replayed = letters.replay(letter, publisher)
    until = time.monotonic() + DIGESTED_WITHIN
    while (outcome := _outcome(letters, letter_replayed, before)) == "handed over" and time.monotonic() < until:
        time.sleep(0.1)
    return {"outcome": outcome, **letter_replayed}


def _outcome(letters: DeadLetters, letter: Json, before: set[str]) -> str:
    """``digested``, ``dead again`` or, while neither shows, ``handed over``."""
    if any(other["message_id"] == letter["message_id"] for other in letters.waiting(1000)):
        return "dead again"
    now = _digesters(letters, letter["message_id"])
    method = letter["consumer"].rpartition(".")[2]
    return "digested" if method in now or now - before else "handed over"


def _digesters(letters: DeadLetters, message_id: str) -> set[str]:
    """The consumers that remember a message."""
    with letters.database.session() as session:
        return set(session.scalars(select(inbox.c.consumer).where(inbox.c.message_id == message_id)))


@contextmanager
def publisher_of(settings: Settings) -> Iterator[Publisher]:
    publisher = Publisher(settings.amqp_uri)
    try:
        yield publisher
    except Unroutable as nowhere:
        raise Refused(f"no queue takes it ({nowhere}): run portal migrate; the letter still waits") from nowhere
    finally:
        publisher.close()


def remove_copies(settings: Settings, settled: list[Json]) -> dict[str, str]:
    """After the copies of settled dead letters in the quarantine are out; ``in_quarantine`` says what came of it.

    They are settled whatever comes of it: a copy that stays names a row which says what was decided.
    """
    if settings.embedded or not settled:  # of an embedded broker nothing outlives the command
        return {}
    until = time.monotonic() + TURN_WITHIN
    while True:
        try:
            removed = remove_settled(settings, [(letter["consumer"], letter["message_id"]) for letter in settled])
            return {"in_quarantine": f"{removed} taken out"}
        except SweepInProgress:
            if time.monotonic() >= until:
                return {"in_quarantine": "their copies stay: a service goes through that queue just now"}
            time.sleep(0.5)
        except (SettingMissing, AMQPError, OSError) as unreached:
            return {"in_quarantine": f"their copies stay: {type(unreached).__name__}: {unreached}"}


def dead_letters_of(settings: Settings, service: str) -> DeadLetters:
    (name,) = known_services([service])
    if settings.embedded and not (settings.home / f"{name}.sqlite").exists():
        raise Refused(f"{name} has no database in {settings.home} yet, and so no letters")
    return DeadLetters(Database.at(settings.database_url(name)))


def services_with_database(settings: Settings, service: str | None) -> list[str]:
    """The services to look at: the one asked for, or all that have a database here."""
    if service:
        return known_services([service])
    if settings.embedded:
        return [name for name in installed() if (settings.home / f"{name}.sqlite").exists()]
    named = [name for name in installed() if settings.get(f"{name.upper()}_DATABASE_URL")]
    return named or installed()  # with none named, the first missing one is outcome
