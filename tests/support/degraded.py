"""Platforms in states a healthy one is never in: followers that have not run, neighbours that are gone, production.

In this process, each on a broker and databases of its own.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nameko.exceptions import RemoteError
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy.engine import make_url

from infra.chassis.access.admission import Admission
from infra.chassis.running.loader import tool
from infra.chassis.settings import SERVICES, Settings
from infra.cli.connection import Portal, first_operator
from infra.cli.seed import PLACES
from infra.embedded.platform import Platform
from tests.e2e.scenes import FEE, FREE
from tests.support.given_keys import given_keys
from tests.support.installation import command, eventually


class PartialPlatform:
    """A platform of some services whose followers stand still; ``person`` has every post, ``applicant`` files."""

    def __init__(self, platform: Platform, portal: Portal) -> None:
        self.platform, self.portal = platform, portal
        self.account: dict[str, Any] = {}
        self.applicant_account: dict[str, Any] = {}

    def populate(self) -> None:
        """One person of all roles, one applicant, one agency, one procedure without fee and papers."""
        agency, name, _ = PLACES[0]
        operator = self.portal.as_(self.portal.sign_in(**first_operator(self.platform.settings)))
        operator.identity.create_agency(code=agency, name=name)
        self.account, self.applicant_account = self._registered(0), self._registered(1)
        roles = ["intake_officer", "case_officer", "approver", "accountant", "auditor", "catalog_editor"]
        self._appoint(operator, agency, roles)
        samples = self.portal.as_().catalog.sample_procedures(agency_code=agency)["items"]
        free = next(sample for sample in samples if sample["code"] == FREE)
        self.person().catalog.publish(definition=free, effective_from="2025-07-01", command_id=command())

    def appointed(self, agency: str, role: str) -> None:
        """One more agency, where the person has one post."""
        operator = self.portal.as_(self.portal.sign_in(**first_operator(self.platform.settings)))
        operator.identity.create_agency(code=agency, name=f"Cơ quan {agency} (mẫu)")
        self._appoint(operator, agency, [role])
        self.follow("identity")
        eventually(lambda: self._is_known(agency), f"the catalogue knows {agency}")

    def _is_known(self, agency: str) -> bool:
        with contextlib.suppress(RemoteError):
            return bool(self.portal.as_().catalog.agency(code=agency))
        return False

    def _appoint(self, operator: Any, agency: str, roles: list[str]) -> None:
        account = self.portal.as_(self.token()).identity.whoami()["account_id"]
        operator.identity.appoint(account_id=account, agency_code=agency, roles=roles)

    def _registered(self, number: int) -> dict[str, Any]:
        """What one of the sample people signs in with, and is."""
        person = self.portal.as_().identity.sample_people()["items"][number]
        fields = {key: person[key] for key in ("citizen_number", "full_name", "birth_date")}
        fields |= {"phone": f"+8491234567{number}", "email": f"mau{number}@example.vn"}
        fields["password"] = f"năm từ rất dài này {number}"
        self.portal.as_().identity.register_citizen(**fields)
        return fields

    def token(self) -> str:
        return self.portal.sign_in(self.account["citizen_number"], self.account["password"])

    def person(self) -> Any:
        return self.portal.as_(self.token())

    def applicant(self) -> Any:
        return self.portal.as_(
            self.portal.sign_in(self.applicant_account["citizen_number"], self.applicant_account["password"])
        )

    def with_fee(self) -> str:
        """The code of one more procedure, like the other but for its fee."""
        samples = self.portal.as_().catalog.sample_procedures(agency_code=PLACES[0][0])["items"]
        free, dear = (next(sample for sample in samples if sample["code"] == code) for code in (FREE, FEE))
        definition = free | {"code": "9.000009", "fees": dear["fees"]}
        self.person().catalog.publish(definition=definition, effective_from="2025-07-01", command_id=command())
        return str(definition["code"])

    def started(self, of: str = FREE) -> str:
        """A draft of the applicant's."""
        draft = self.applicant().applications.start(procedure_code=of, channel="online", command_id=command())
        return str(draft["application_id"])

    def filed(self, of: str = FREE) -> str:
        """An application handed in."""
        citizen, key = self.applicant().applications, self.started(of)
        citizen.save_answers(application_id=key, answers=self._answers(), command_id=command())
        citizen.submit(application_id=key, command_id=command())
        return key

    def _answers(self) -> dict[str, Any]:
        from infra.cli.sample_documents import answers_for

        form = self.portal.as_().catalog.procedure(code=FREE)["form"]
        return answers_for(form, self.applicant_account)

    def follow(self, service: str) -> None:
        """Let a service's follower do all there is to do, once."""
        for follower in self.platform.followers:
            if follower.service == service:
                while follower.once():
                    pass

    def fill_places(self, service: str) -> None:
        """All places of costly doors are taken."""
        assert self.platform.runner is not None
        containers = self.platform.runner.containers
        running = next(container for container in containers if container.service_name == service)
        for admission in running.dependencies:
            if isinstance(admission, Admission):
                admission.in_use = admission.places

    def add_to_history(self, application_id: str) -> None:
        """Somebody with the rights of the database copies an application's last event as its next."""
        database = make_url(self.platform.settings.database_url("applications")).database
        with contextlib.closing(sqlite3.connect(str(database))) as store:
            store.execute(
                "INSERT INTO stored_events (originator_id, originator_version, topic, state) SELECT originator_id, "
                "originator_version + 1, topic, state FROM stored_events WHERE originator_id = ? "
                "ORDER BY originator_version DESC LIMIT 1",
                [uuid.UUID(application_id).hex],
            )
            assert store.execute("SELECT changes()").fetchone() == (1,)
            store.commit()

    def change_streams(self) -> None:
        """Somebody with the rights of the database changes what interchange has recorded."""
        database = make_url(self.platform.settings.database_url("interchange")).database
        with contextlib.closing(sqlite3.connect(str(database))) as store:
            store.execute("DROP TRIGGER event_mac_is_kept_update")
            store.execute("UPDATE event_mac SET mac = x'00'")
            store.commit()

    def lose(self, service: str) -> None:
        """A service is gone; its queue stays."""
        assert self.platform.runner is not None
        next(container for container in self.platform.runner.containers if container.service_name == service).stop()

    @contextlib.contextmanager
    def in_a_hurry(self, token: str, patience: float = 0.5) -> Iterator[Any]:
        """RPC as by a caller who waits no longer than so many seconds from now."""
        context = {"auth_token": token, "language": "en", "deadline": f"{time.time() + patience:.3f}"}
        with ClusterRpcProxy({"AMQP_URI": self.portal.settings.amqp_uri}, context_data=context, timeout=120) as rpc:
            yield rpc


@contextlib.contextmanager
def partial_platform(folder: Path, *services: str, **own: str) -> Iterator[PartialPlatform]:
    """Some services, without their followers' doing anything by themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    databases = {f"{service.upper()}_DATABASE_URL": f"sqlite:///{folder / service}.sqlite" for service in SERVICES}
    env = {
        "AMQP_URI": f"embedded://{uuid.uuid4().hex}",
        "PORTAL_ENVIRONMENT": "development",
        "PORTAL_HOME": str(folder),
        "BLOB_STORE": str(folder / "blobs"),
        **databases,
        **own,
    }
    settings = Settings(env)
    platform = Platform(settings, list(services))
    platform.migrate()
    if settings.development:
        first_operator(settings)
    platform.start()
    for follower in platform.followers:
        follower.stop()
    portal = Portal(settings)
    try:
        yield PartialPlatform(platform, portal)
    finally:
        portal.close()
        platform.stop()


@contextlib.contextmanager
def in_production(folder: Path) -> Iterator[Portal]:
    """Identity and catalogue as production has them, with a register and a key that were given."""
    folder.mkdir(parents=True, exist_ok=True)
    register = folder / "register.jsonl"
    register.write_text(
        json.dumps(
            {
                "citizen_number": "001199000001",
                "full_name": "Nguyễn Thị Mẫu",
                "sex": "female",
                "birth_date": "1999-01-02",
            }
        )
        + "\n"
    )
    arguments = {
        "PORTAL_ENVIRONMENT": "production",
        "POPULATION_REGISTER": str(register),
        "IDENTITY_SIGNING_KEY": tool("identity", "new_signing_key")(),
        "SERVICE_CLIENT_SECRET": uuid.uuid4().hex,
        **given_keys(),
    }
    with partial_platform(folder, "identity", "catalog", **arguments) as platform:
        yield platform.portal
