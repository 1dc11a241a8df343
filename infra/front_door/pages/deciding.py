"""What waits for a second person: refunds, waivers, statements, money in suspense, appointments … each as one list.

A list is a row of :data:`LISTS`: the doors that list, approve and decline, and what of an entry is shown. Who asked for
something is not offered to decide it; that they may not, the door says.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages.navigation import DECIDERS, PUBLISHERS
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

AT_A_TIME = 25
AWAITING = "awaiting_approval"
COLUMNS = (("reason", "plain"), ("requested_by", "code"), ("requested_at", "moment"))
SHOWN_AGAIN = (400, 403, 404, 409)  # refusals that concern one entry: the list says what they are


@dataclass(frozen=True, slots=True)
class WaitingList:
    """``key`` names an entry; ``noun`` is that of the doors ``approve_…`` and ``decline_…``."""

    name: str
    call: str
    key: str
    noun: str
    roles: frozenset[str]
    columns: tuple[tuple[str, str], ...]
    status: str = AWAITING

    def door(self, decision: str) -> str:
        return f"{self.call.partition('.')[0]}.{decision}_{self.noun}"


def _roles(names: str) -> frozenset[str]:
    return frozenset(names.split())


LISTS = (
    WaitingList(
        "refunds", "payments.refunds", "refund_id", "refund", _roles("accountant approver"),
        (("amount", "money"), *COLUMNS), "pending_approval",
    ),
    WaitingList(
        "waivers", "payments.waivers", "waiver_id", "waiver", _roles("accountant approver"),
        (("waived", "money"), ("application_id", "code"), ("legal_basis", "plain"), *COLUMNS),
    ),
    WaitingList(
        "assignments", "payments.suspense_assignments", "assignment_id", "assignment", _roles("accountant operator"),
        (("amount", "money"), ("application_id", "code"), *COLUMNS),
    ),
    WaitingList(
        "statements", "payments.statements", "reconciliation_id", "statement", _roles("accountant operator"),
        (("gateway", "plain"), *COLUMNS[1:]),
    ),
    WaitingList(
        "appointments", "identity.appointment_requests", "request_id", "appointment", _roles("operator"),
        (("account_id", "code"), ("agency_code", "plain"), ("roles", "roles"), ("requested_by", "code"),
         ("expires_at", "moment")),
    ),
    WaitingList(
        "recoveries", "identity.account_recoveries", "request_id", "account_recovery",
        _roles("intake_officer approver operator"), (("account_id", "code"), ("agency_code", "plain"), *COLUMNS),
    ),
    WaitingList(
        "clients", "identity.openid_clients", "client_id", "openid_client", _roles("operator"),
        (("name", "plain"), *COLUMNS[1:]),
    ),
    WaitingList(
        "texts", "notifications.template_requests", "request_id", "template", _roles("operator catalog_editor"),
        (("key", "plain"), ("subject", "plain"), ("body", "plain"), *COLUMNS[1:]),
    ),
)  # fmt: skip
SUSPENSE = _roles("accountant operator")


async def lists(visit: Visit) -> Response:
    person = visit.person
    own = [waiting.name for waiting in LISTS if person and waiting.roles & person.roles]
    own += ["publications"] if person and PUBLISHERS & person.roles else []
    suspense = bool(person and SUSPENSE & person.roles)
    return visit.page("deciding/lists.html", names=own, suspense=suspense)


async def show(waiting: WaitingList, visit: Visit) -> Response:
    return await _list_page(waiting, visit)


async def _list_page(waiting: WaitingList, visit: Visit, status: int = 200, **facts: object) -> Response:
    cursor = visit.query.get("cursor") or None
    page = await visit.ask(waiting.call, status=waiting.status, limit=AT_A_TIME, cursor=cursor)
    path = f"/decisions/{waiting.name}"
    following = visit.link(path, cursor=page["next_cursor"]) if page["next_cursor"] else None
    entries = [(entry, str(uuid.uuid4())) for entry in page["items"]]
    me = visit.person.account_id if visit.person else ""
    facts = {"waiting": waiting, "entries": entries, "me": me, "next_page": following, **facts}
    return visit.page("deciding/list.html", status, path=path, **facts)


async def decide(waiting: WaitingList, visit: Visit) -> Response:
    form = await visit.form()
    decision = "approve" if form.text("decision") == "approve" else "decline"
    arguments = {waiting.key: form.text("key"), "command_id": form.text("command_id")}
    try:
        await visit.ask(waiting.door(decision), **arguments)
    except PlatformRefusal as refused:
        status = status_of(refused.name)
        if status not in SHOWN_AGAIN:
            raise
        return await _list_page(waiting, visit, status, errors=[FieldError("", refused.text)])
    return visit.to(f"/decisions/{waiting.name}", done=decision)


async def suspense(visit: Visit) -> Response:
    """Money that no claim explains, and a form for each line that says whose it is."""
    return await _suspense_page(visit)


async def _suspense_page(visit: Visit, status: int = 200, **facts: object) -> Response:
    cursor = visit.query.get("cursor") or None
    page = await visit.ask("payments.suspense", limit=AT_A_TIME, cursor=cursor)
    following = visit.link("/suspense", cursor=page["next_cursor"]) if page["next_cursor"] else None
    return visit.page("deciding/suspense.html", status, lines=page["items"], next_page=following, **facts)


async def before_assigning(visit: Visit) -> Response:
    return visit.page("deciding/assign.html", line_id=_line(visit))


def _line(visit: Visit) -> int:
    text = visit.places["line_id"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


async def assign(visit: Visit) -> Response:
    """Ask that the money of one line be an application's; another person decides."""
    form, line = await visit.form(), _line(visit)
    values = {name: form.text(name) for name in ("application_id", "reason")}
    errors = [FieldError(name, visit.t(f"deciding.{name}_missing")) for name in values if not values[name]]
    if not errors:
        try:
            command_id = form.text("command_id")
            await visit.ask("payments.assign_suspense", line_id=line, command_id=command_id, **values)
            return visit.to("/suspense", done="assign")
        except PlatformRefusal as refused:
            if status_of(refused.name) not in SHOWN_AGAIN:
                raise
            errors = visit.errors_of(refused, values)
    return visit.page("deciding/assign.html", 400, line_id=line, values=values, errors=errors)


PAGES = (
    Page("/decisions", lists, roles=DECIDERS),
    *(Page(f"/decisions/{w.name}", partial(show, w), partial(decide, w), w.roles) for w in LISTS),
    Page("/suspense", suspense, roles=SUSPENSE),
    Page("/suspense/{line_id}/assign", before_assigning, assign, SUSPENSE),
)
