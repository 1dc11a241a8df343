"""The application: one citizen's request under one procedure version, as a stream of events.

Commands check first and then record; events apply and never ask. The commands are in :mod:`applicant_commands`,
:mod:`intake_commands` (the counter) and :mod:`decision_commands` (officers and approvers), the events in :mod:`events`.
"""

from __future__ import annotations

from uuid import UUID

from eventsourcing.domain import BaseAggregate

from services.applications.domain.actors import Act
from services.applications.domain.applicant_commands import ApplicantCommands, check_channel_level
from services.applications.domain.decision_commands import DecisionCommands
from services.applications.domain.events import Started
from services.applications.domain.facts import JudgedProcedure
from services.applications.domain.moves import moves_of
from services.applications.domain.statuses import Status
from services.applications.errors import ChannelNotOffered, Forbidden


class Application(ApplicantCommands, DecisionCommands, BaseAggregate[UUID]):
    """The aggregate. Its commands come from mixins, one file for each who acts, because the event store knows an
    aggregate as one class with one topic: parts of it could be neither loaded nor saved on their own.
    """

    TOPIC = "applications.Application"

    @classmethod
    def start(
        cls,
        *,
        application_id: UUID,
        procedure: JudgedProcedure,
        channel: str,
        agency_code: str,
        reference: str,
        tracking_digest: str,
        by: Act,
    ) -> Application:
        """Begin a draft under a procedure that is offered through ``channel``."""
        if by.role not in moves_of("start")[0].roles:
            raise Forbidden(f"vai trò {by.role} không làm được việc này", f"the role {by.role} does not do this")
        offered = procedure["channels"]
        if channel not in offered:
            raise ChannelNotOffered(procedure_code=procedure["code"], channel=channel, offered=", ".join(offered))
        check_channel_level(channel, procedure["level"])
        return cls._create(
            Started,
            id=application_id,
            timestamp=by.at,
            by=by.recorded(),
            call_id=by.call_id,
            command_id=by.command_id,
            status=str(Status.DRAFT),
            reference=reference,
            tracking_digest=tracking_digest,
            procedure_code=procedure["code"],
            procedure_version=procedure["version"],
            channel=channel,
            level=procedure["level"],
            agency_code=agency_code,
            applicant_id=by.applicant_id,
        )
