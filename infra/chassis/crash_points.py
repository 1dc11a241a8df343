"""Named points at which a process ends at once, as if its power were cut; for fault tests.

``PORTAL_CRASH_AT=after_commit`` or ``after_commit:3`` (the third time the point is passed). Unset, nothing is installed
and :func:`crash_at` is an empty function.

``before_tx``       a command is about to be noted: nothing is written yet
``before_commit``   a command's effect and answer are written and not yet committed
``after_tx``        the command is committed, nobody has been answered
``after_publish``   an event is confirmed by the broker, the position not yet moved
``before_marked``   the outbox row says that it was published, not yet committed; ``after_marked`` committed
``before_position`` a follower's position is written next to its effect, not yet committed; ``after_position`` committed
``after_effect``    a handler's effect is written next to its inbox row and not yet committed
``after_commit``    the same committed, the message not yet acked
``after_ack``       the message is acked
``after_call``      something outside was called and has answered, its result is not written
``in_seal``         leaves of the audit log are written and not yet committed; ``after_seal`` committed
``in_forgetting``   a step of taking an erased person out of a service is done, others are to come

Where several services share a process, ``after_publish@payments`` means that of one of them.
"""

from __future__ import annotations

import os

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from infra.chassis.settings import Settings

CRASHED = 86  # exit code of a crash on purpose
# What a statement says of the transaction it is in: (first words, point before commit, point after it).
TELLING = (
    ("INSERT INTO command_log", "before_commit", "after_tx"),
    ("INSERT INTO inbox", "after_effect", "after_commit"),
    ("INSERT INTO audit_leaf", "in_seal", "after_seal"),
    ("UPDATE outbox", "before_marked", "after_marked"),
    ("UPDATE relay_position", "before_position", "after_position"),
)
_armed: dict[str, int] = {}


def arm(settings: Settings) -> None:
    """Install what the setting asks for; called once by the runner."""
    name = settings.get("PORTAL_CRASH_AT")
    if not name:
        return
    point, _, times = name.partition(":")
    _armed[point] = int(times or 1)
    event.listen(Engine, "before_cursor_execute", _before_statement)
    event.listen(Engine, "commit", _before_commit)
    event.listen(Pool, "checkin", _after_commit)


def crash_at(point: str, of: str = "") -> None:
    """End the process here if this is the point (of that service), the given number of times."""
    if of and _armed and point not in _armed:
        point = f"{point}@{of}"
    if _armed and point in _armed:
        _armed[point] -= 1
        if _armed[point] <= 0:
            os.write(2, f'{{"event": "crashed_on_purpose", "point": "{point}"}}\n'.encode())
            os._exit(CRASHED)


def _before_statement(connection: Connection, _cursor: object, statement: str, *_about: object) -> None:
    for words, before, after in TELLING:
        if statement.startswith(words):
            if before == "before_commit":
                crash_at("before_tx")
            connection.connection.info["crash_points"] = (before, after)


def _before_commit(connection: Connection) -> None:
    if points := connection.connection.info.pop("crash_points", None):
        crash_at(points[0])
        connection.connection.info["crash_point_after"] = points[1]


def _after_commit(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
    record.info.pop("crash_points", None)
    if point := record.info.pop("crash_point_after", None):
        crash_at(point)
