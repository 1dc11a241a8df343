"""Fees that were paid or waived, as payments announces them; and the stop when an applicant does not answer in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.event_store.persistence import persistently
from infra.chassis.json_types import Json, Money
from infra.chassis.settings import Settings
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.domain.command_checks import not_before
from services.applications.event_store.store import Store
from services.applications.private_data import vault
from services.applications.procedure_rules import ProcedureRules

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient


class FeeSettlement:
    """Records on the application what *payments* announces about its fees."""

    def __init__(self, store: Store, procedure_rules: ProcedureRules) -> None:
        self.store, self.procedure_rules = store, procedure_rules

    @classmethod
    def from_settings(cls, settings: Settings) -> FeeSettlement:
        store = Store.from_settings(settings)
        return cls(store, ProcedureRules(store.database))

    def fee_paid(self, event: CloudEvent, catalog: CatalogClient) -> None:
        """``payment_settled.v1``: record the fees of these collection moments as paid."""
        data = event["data"]
        self._settle(
            "fee_paid",
            event,
            catalog,
            {
                "how": "paid",
                "payment_id": data["payment_id"],
                "amount": data.get("amount"),
                "method": data.get("method"),
                "still_owed": _still_owed(data),
            },
        )

    def fee_waived(self, event: CloudEvent, catalog: CatalogClient) -> None:
        """``fee_waived.v1``: record them as waived, with the legal basis."""
        self._settle(
            "fee_waived", event, catalog, {"how": "waived", "payment_id": None, "amount": None, "method": None}
        )

    def _settle(self, handler: str, event: CloudEvent, catalog: CatalogClient, how: Json) -> None:
        calendar = self.procedure_rules.calendar_if_known(clock.now(), catalog)
        data, database = event["data"], self.store.database

        def settle_once() -> None:
            with database.handle_once(handler, event) as session:
                if session is None:
                    return
                application = self.store.get(data["application_id"])
                act = system_act(application, event["id"], event.get("callid") or event["id"])
                moments = moments_of(data.get("collected_at"), application)
                facts = {**how, "legal_basis": data.get("legal_basis")}
                if how["amount"]:
                    facts["still_owed"] = remainder(application.owed(*moments), how["amount"], how["still_owed"])
                words = vault.seal_optional(session, data["application_id"], data.get("reason"))
                application.settle_fee(moments=moments, calendar=calendar, by=act, reason=words, **facts)
                self.store.record(application, session)

        persistently(settle_once)


def _still_owed(data: Json) -> dict[str, int]:
    """Minor units that stay owed per moment, over all its currencies, as an application remembers them."""
    apart = data.get("still_owed_apart") or {}
    return {
        moment: sum(part["amount"] for part in (rest, *apart.get(moment, ())))
        for moment, rest in (data.get("still_owed") or {}).items()
    }


def remainder(owed: Mapping[str, int], amount: Money, announced: Mapping[str, int]) -> dict[str, int]:
    """What stays owed of each moment: what *payments* says, and whatever the money that came does not cover.

    What is owed is stated here, and nobody's word but money makes it less.
    """
    left = {moment: rest for moment, rest in announced.items() if rest > 0}
    short = sum(owed.values()) - sum(left.get(moment, 0) for moment in owed) - int(amount["amount"])
    for moment in sorted(owed):
        part = max(0, min(short, owed[moment] - left.get(moment, 0)))
        if part:
            left[moment], short = left.get(moment, 0) + part, short - part
    return left


def moments_of(named: str | list[str] | None, application: Application) -> list[str]:
    """The collection moments an event names; all that are owed when it names none."""
    if not named:
        return sorted(application.owed())
    return [named] if isinstance(named, str) else list(named)


def system_act(application: Application, cause: str, call_id: str) -> Act:
    """An act of the system; its command id is made of its cause, so that a repeat is recognised."""
    at = not_before(clock.now(), application.modified_on)
    return Act("system", "system", at, call_id, str(uuid5(NAMESPACE_URL, f"applications/{cause}")))


def stop_unanswered(store: Store, session: Session, application_id: str, version: int) -> bool:
    """Stop an application whose applicant has not answered within the limit; whether it was still waiting."""
    application = store.get(application_id)
    wait = application.waits[-1] if application.waits else None
    if application.version != version or wait is None or wait["kind"] not in {"supplement", "payment"}:
        return False
    if wait["answer_by"] is None or datetime.fromisoformat(wait["answer_by"]) >= clock.now():
        return False
    act = system_act(application, f"limit/{application_id}/{version}", f"limit:{application_id}:{version}")
    application.stop(cause=f"{wait['kind']}_limit", reason=None, legal_basis=None, by=act)
    store.record(application, session)
    return True
