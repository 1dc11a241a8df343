"""The citizen's side: filling in, handing in, answering, withdrawing, choosing, rating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.working_time import WorkingCalendar
from services.applications.domain import deadline
from services.applications.domain.actors import Act
from services.applications.domain.command_checks import CommandChecks
from services.applications.domain.events import (
    AnswersSaved,
    Attached,
    DeliveryChosen,
    Detached,
    Rated,
    Submitted,
    Supplemented,
    WithdrawalRequested,
)
from services.applications.domain.facts import JudgedProcedure, Sealed
from services.applications.errors import (
    AttachmentNotFound,
    DeliveryNotOffered,
    ServiceLevelTooLow,
    SubmissionIncomplete,
)

ONLINE_SUBMISSION_LEVEL = 3
DELIVERY_LEVEL = 4  # results online or by post


class ApplicantCommands(CommandChecks):
    """What the applicant, or a delegate, does; mixed into :class:`Application`."""

    def save_answers(self, *, answers_id: str, commitment: str, changed: list[str], by: Act) -> None:
        """Keep a new revision of the answers; only while they may still be written."""
        move = self._check("save_answers", by)
        self._record(AnswersSaved, move, by, answers_id=answers_id, commitment=commitment, changed=changed)

    def attach(
        self, *, attachment_id: str, requirement: str, media_type: str, size: int, commitment: str, by: Act
    ) -> None:
        """Add a paper for a requirement of the procedure (or ``other``)."""
        move = self._check("attach", by)
        self._record(
            Attached,
            move,
            by,
            attachment_id=attachment_id,
            requirement=requirement,
            media_type=media_type,
            size=size,
            commitment=commitment,
        )

    def detach(self, *, attachment_id: str, by: Act) -> None:
        move = self._check("detach", by)
        if attachment_id not in self.attachments:
            raise AttachmentNotFound(attachment_id=attachment_id)
        self._record(Detached, move, by, attachment_id=attachment_id)

    def submit(
        self,
        *,
        procedure: JudgedProcedure,
        procedure_digest: str,
        quote: Mapping[str, object],
        by: Act,
        missing: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Hand in; from here on the answers are frozen and the rules of today hold.

        ``missing``: what form and papers lack under this procedure; nothing may.
        """
        move = self._check("submit", by)
        check_channel_level(self.channel, procedure["level"])
        check_complete(missing)
        self._record(
            Submitted,
            move,
            by,
            procedure_version=procedure["version"],
            procedure_digest=procedure_digest,
            channel=self.channel,
            level=procedure["level"],
            quote=dict(quote),
            answers=self.answers,
            attachments=self._papers(),
            may_pause=bool(procedure.get("may_pause", True)),
            sign_in=by.sign_in,
        )

    def supplement(
        self, *, calendar: WorkingCalendar | None, by: Act, missing: Sequence[Mapping[str, str]] = ()
    ) -> None:
        """Hand in what was requested, complete; the clock goes on with what was left."""
        move = self._check("supplement", by)
        check_complete(missing)
        moved = deadline.resumed(self.clock, by.at, "Supplemented", self._ref(), calendar)
        self._record(Supplemented, move, by, answers=self.answers, attachments=self._papers(), clock=moved)

    def request_withdrawal(self, *, reason: Sealed, by: Act) -> None:
        move = self._check("request_withdrawal", by)
        moved = self._paused("WithdrawalRequested", by)
        self._record(WithdrawalRequested, move, by, came_from=self.status.value, reason=reason, clock=moved)

    def choose_delivery(self, *, method: str, address: Sealed | None, by: Act) -> None:
        move = self._check("choose_delivery", by)
        check_delivery_level(method, self.level)
        self._record(DeliveryChosen, move, by, method=method, address=address)

    def rate(self, *, stars: int, comment: Sealed | None, by: Act) -> None:
        move = self._check("rate", by)
        self._record(Rated, move, by, stars=stars, reason=comment)

    def _papers(self) -> dict[str, str]:
        return {attachment_id: paper["commitment"] for attachment_id, paper in self.attachments.items()}


def check_complete(missing: Sequence[Mapping[str, str]]) -> None:
    """Nothing may be missing from what is handed in; the refusal names everything at once."""
    if missing:
        raise SubmissionIncomplete([dict(problem) for problem in missing])


def check_channel_level(channel: str, level: int) -> None:
    """Level 1-2 procedures take no online submission."""
    if channel == "online" and level < ONLINE_SUBMISSION_LEVEL:
        raise ServiceLevelTooLow(level=level, needed=ONLINE_SUBMISSION_LEVEL)


def check_delivery_level(method: str, level: int) -> None:
    """Only level 4 returns results online or by post."""
    if method != "counter" and level < DELIVERY_LEVEL:
        raise DeliveryNotOffered(level=level, needed=DELIVERY_LEVEL)
