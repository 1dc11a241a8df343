"""What citizens ask of applications, and what is shown to everybody who has to do with one."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from services.applications.commands.applicant import Registry
from services.applications.commands.attachments import Attachments
from services.applications.queries.application_lists import ApplicationLists
from services.applications.queries.applications import ApplicationQueries
from services.applications.queries.changes import ChangeFeed
from services.applications.queries.tracking import Tracking
from services.applications.service.neighbours import WithNeighbours
from services.applications.service.roles import AUDITORS, CITIZEN, OFFICERS, READERS


class ApplicantDoors(WithNeighbours):
    """The doors of citizens, and of reading one application."""

    registry = dependencies.Provided(Registry)
    attachments = dependencies.Provided(Attachments)
    application_lists = dependencies.Provided(ApplicationLists)
    application_queries = dependencies.Provided(ApplicationQueries)
    change_feed = dependencies.Provided(ChangeFeed)
    tracking = dependencies.Provided(Tracking)

    @door(roles=CITIZEN, sensitive=("on_behalf_of",))
    def start(
        self,
        procedure_code: str,
        channel: str,
        command_id: str,
        on_behalf_of: str | None = None,
        agency_code: str | None = None,
    ) -> Json:
        return self.registry.start(
            procedure_code,
            channel,
            on_behalf_of=on_behalf_of,
            agency_code=agency_code,
            **self.neighbours,
            **self.caller.acting,
        )

    @door(roles=CITIZEN, sensitive=("answers",))
    def save_answers(
        self, application_id: str, answers: Json, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.registry.save_answers(application_id, answers, **self.neighbours, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("file_name", "content_base64"))
    def attach(
        self,
        application_id: str,
        requirement: str,
        command_id: str,
        file_name: str | None = None,
        media_type: str | None = None,
        content_base64: str | None = None,
        from_attachment_id: str | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.attachments.attach(
            application_id,
            requirement,
            file_name=file_name,
            media_type=media_type,
            content_base64=content_base64,
            from_attachment_id=from_attachment_id,
            **self.neighbours,
            **self.caller.acting,
        )

    @door(roles=CITIZEN)
    def detach(
        self, application_id: str, attachment_id: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.attachments.detach(application_id, attachment_id, identity=self.identity, **self.caller.acting)

    @door(roles=CITIZEN)
    def submit(
        self,
        application_id: str,
        command_id: str,
        choices: Json | None = None,
        quantity: int = 1,
        expected_version: int | None = None,
    ) -> Json:
        return self.registry.submit(
            application_id, choices=choices, quantity=quantity, **self.neighbours, **self.caller.acting
        )

    @door(roles=CITIZEN, sensitive=("answers",))
    def supplement(
        self, application_id: str, command_id: str, answers: Json | None = None, expected_version: int | None = None
    ) -> Json:
        return self.registry.supplement(application_id, answers=answers, **self.neighbours, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("reason",))
    def request_withdrawal(
        self, application_id: str, reason: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.registry.request_withdrawal(application_id, reason, identity=self.identity, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("address",))
    def choose_delivery(
        self,
        application_id: str,
        method: str,
        command_id: str,
        address: str | Json | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.registry.choose_delivery(
            application_id, method, address=address, identity=self.identity, **self.caller.acting
        )

    @door(roles=READERS)
    def application(self, application_id: str, purpose: str | None = None, min_version: int | None = None) -> Json:
        return self.application_queries.application(
            application_id, purpose=purpose, min_version=min_version, identity=self.identity, **self.caller.reading
        )

    @door(roles={*CITIZEN, *OFFICERS, *AUDITORS})
    def attachment(self, application_id: str, attachment_id: str, purpose: str | None = None) -> Json:
        return self.application_queries.attachment(
            application_id, attachment_id, purpose=purpose, identity=self.identity, **self.caller.reading
        )

    @door(roles=CITIZEN)
    def mine(
        self, status: str | None = None, limit: int = 50, cursor: str | None = None, min_position: int | None = None
    ) -> Page[Json]:
        return self.application_lists.mine(
            status=status,
            limit=limit,
            cursor=cursor,
            min_position=min_position,
            identity=self.identity,
            by=self.caller.actor,
        )

    @door(roles={*CITIZEN, *OFFICERS})
    def changes(
        self,
        after: int | None = None,
        agency_code: str | None = None,
        limit: int = 50,
        incarnation: str | None = None,
    ) -> Json:
        return self.change_feed.changes(
            after=after,
            agency_code=agency_code,
            limit=limit,
            incarnation=incarnation,
            identity=self.identity,
            **self.caller.reading,
        )

    @door(public=True, costly=True)
    def track(
        self, reference: str, tracking_code: str, min_position: int | None = None, min_version: int | None = None
    ) -> Json:
        return self.tracking.track(
            reference, tracking_code, mirror=self.mirror, min_position=min_position, min_version=min_version
        )

    @door(roles=CITIZEN, sensitive=("comment",))
    def rate(
        self,
        application_id: str,
        stars: int,
        command_id: str,
        comment: str | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.registry.rate(application_id, stars, comment=comment, identity=self.identity, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("grounds",))
    def appeal(self, application_id: str, grounds: str, command_id: str, expected_version: int | None = None) -> Json:
        return self.registry.appeal(application_id, grounds, **self.neighbours, **self.caller.acting)
