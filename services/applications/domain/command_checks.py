"""Checking a command against the table and the people, and recording its event: the same for every move."""

from __future__ import annotations

from datetime import datetime

from services.applications.domain import deadline, moves
from services.applications.domain.actors import Act
from services.applications.domain.events import ApplicationEvent
from services.applications.domain.facts import Wait
from services.applications.domain.state import State
from services.applications.domain.statuses import Status
from services.applications.errors import AlreadyErased, Forbidden, TransitionNotAllowed


class CommandChecks(State):
    """Rules all commands share; mixed into :class:`Application` through its commands.

    ``_check`` refuses or answers the row of the table; ``_record`` writes what follows.
    """

    def _check(self, command: str, by: Act, event: str | None = None) -> moves.Move:
        self.check_actor(command, by)
        if self.erased and by.role == "citizen":
            raise AlreadyErased()
        move = moves.find(command, self.status, event)
        if move is None:
            rows = moves.moves_of(command)
            raise TransitionNotAllowed(
                command=command,
                status=self.status.value,
                source=self.status.value,
                target=" | ".join(dict.fromkeys(str(row.target) for row in rows)),
                needed=sorted({str(source) for row in rows for source in row.sources if source}),
                allowed=", ".join(moves.allowed_from(self.status)) or "–",
            )
        if by.role not in move.roles:
            raise Forbidden(f"vai trò {by.role} không làm được việc này", f"the role {by.role} does not do this")
        return move

    def check_actor(self, command: str, by: Act) -> None:
        """``Forbidden`` for who has no part in the application, or not the role."""
        if by.role not in moves.roles_for(command):
            raise Forbidden(f"vai trò {by.role} không làm được việc này", f"the role {by.role} does not do this")
        if by.role == "citizen" and by.applicant_id != self.applicant_id:
            raise Forbidden("đây không phải hồ sơ của bạn", "this is not your application")
        if by.role in moves.OFFICERS and by.agency_code != self._agency_for(command, by):
            raise Forbidden("hồ sơ không thuộc cơ quan của bạn", "the application is not with your agency")

    def _agency_for(self, command: str, by: Act) -> str | None:
        """Whose officers may act: the responsible agency's, except where another one was asked."""
        if command == "answer_consultation":
            consulted = {consultation["agency_code"] for consultation in self.consultations.values()}
            return by.agency_code if by.agency_code in consulted else self.agency_code
        return self.agency_code

    def _came_from(self) -> Status | None:
        return Status(self.waits[-1]["came_from"]) if self.waits else None

    def _record(self, kind: type[ApplicationEvent], move: moves.Move, by: Act, **facts: object) -> None:
        """Record ``kind``; ``status`` follows from the table unless the command decided it."""
        status = facts.pop("status", None) or move.leads_to(self.status, self._came_from())
        self.trigger_event(  # type: ignore[attr-defined]
            kind,
            timestamp=by.at,
            by=by.recorded(),
            call_id=by.call_id,
            command_id=by.command_id,
            status=str(status),
            **facts,
        )

    def _paused(self, cause: str, by: Act) -> deadline.Moved | None:
        """What a wait does to the clock: nothing where the procedure does not let it pause."""
        return deadline.paused(self.clock, by.at, cause, self._ref()) if self.may_pause else None

    def _ref(self) -> str:
        """The id the next event will have, for the happenings of the clock."""
        return f"{self.id}:{self.version + 1}"

    def _after_waiting(self, ending: str) -> tuple[int, Status]:
        """How many waits end with the innermost one, and the status then.

        A payment that came in while a withdrawal was pending ends with it: there is nothing left to wait for.
        """
        waits, closes = list(self.waits), 0
        while waits and (closes == 0 or self._is_settled(waits[-1])):
            came_from = waits.pop()["came_from"]
            closes += 1
        assert closes, f"{ending}: nothing is waited for"
        return closes, Status(came_from)

    def _is_settled(self, wait: Wait) -> bool:
        return wait["kind"] == "payment" and not self.owed(*wait["moments"])


def not_before(at: datetime, than: datetime) -> datetime:
    """Clocks of several machines differ by a little; a history never goes back."""
    return max(at, than)
