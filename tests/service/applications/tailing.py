"""A writer of events that rolls some of them back; run as a process: ``URL EVENTS SEED``."""

from __future__ import annotations

import random
import sys
import uuid

from eventsourcing.persistence import StoredEvent

from infra.chassis.settings import Settings
from services.applications.event_store.store import Store

ROLLED_BACK = 0.2


class OnPurpose(Exception):
    """This transaction is not to be committed."""


HISTORY_KEY = "key-of-these-tests-alone-0123456789"


def main(url: str, events: int, seed: int) -> None:
    """Write ``events`` committed events in transactions of one to two hundred."""
    store = Store.from_settings(
        Settings({"APPLICATIONS_DATABASE_URL": url, "AMQP_URI": "amqp://nowhere", "HISTORY_KEYS": HISTORY_KEY})
    )
    chance, text = random.Random(seed), 0
    while text < events:
        size = min(chance.choice((1, 1, 5, 50, 200)), events - text)
        batch = [StoredEvent(uuid.uuid4(), 1, "applications.Started", b"{}") for _ in range(size)]
        try:
            with store.database.session() as session:
                store.streams.recorder.insert_events(batch, session=session)
                if chance.random() < ROLLED_BACK:
                    raise OnPurpose
        except OnPurpose:
            continue
        text += size


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
