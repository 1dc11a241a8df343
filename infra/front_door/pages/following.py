"""An application after it was filed: mine, its status and due date day by day, paying, the receipt, and its end."""

from __future__ import annotations

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door import files
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import PageNotFound
from infra.front_door.pages import rendering
from infra.front_door.pages.navigation import CITIZEN, OFFICERS
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

APPLICATION = "/applications/{application_id}"
AT_A_TIME = 20
METHODS = ("vnpay", "vietqr")


async def mine(visit: Visit) -> Response:
    page = await visit.ask("applications.mine", limit=AT_A_TIME, cursor=visit.query.get("cursor") or None)
    following = visit.link("/applications", cursor=page["next_cursor"]) if page["next_cursor"] else None
    return visit.page("following/mine.html", applications=page["items"], next_page=following)


async def status(visit: Visit) -> Response:
    """Where it is, who has it, until when and why, and what next."""
    place = visit.places["application_id"]
    application = await visit.ask("applications.application", application_id=place)
    if application["status"] == "draft":
        return visit.to(f"/applications/{place}/tasks")
    procedure = await visit.ask(
        "catalog.procedure", code=application["procedure_code"], version=application["procedure_version"]
    )
    due = await visit.ask("applications.explain_due_date", application_id=place) if application["due_at"] else None
    return visit.page("following/status.html", application=application, procedure=procedure, due=due)


async def paying(visit: Visit) -> Response:
    demands = await visit.ask("payments.demands", application_id=visit.places["application_id"])
    return visit.page("following/pay.html", demands=demands, methods=METHODS)


async def pay(visit: Visit) -> Response:
    """Open a payment, once for this form; the page that follows leads to the gateway or shows the picture to scan."""
    form = await visit.form()
    place, method = visit.places["application_id"], form.text("method")
    if method not in METHODS:
        demands = await visit.ask("payments.demands", application_id=place)
        errors = [FieldError("method", visit.t("following.method_missing"))]
        return visit.page("following/pay.html", 400, demands=demands, methods=METHODS, errors=errors)
    back = f"{visit.request.base_url}{visit.language}/applications/{place}/pay"
    payment = await visit.ask(
        "payments.start_payment",
        application_id=place,
        method=method,
        return_url=back,
        command_id=form.text("command_id"),
    )
    drawn = rendering.qr_code(payment["qr_payload"]) if payment.get("qr_payload") else ""
    return visit.page("following/payment.html", payment=payment, picture=drawn)


async def receipts(visit: Visit) -> Response:
    payments = await visit.ask("payments.payments", application_id=visit.places["application_id"])
    return visit.page(
        "following/payments.html", payments=payments["items"], application_id=visit.places["application_id"]
    )


async def receipt(visit: Visit) -> Response:
    return visit.page(
        "following/receipt.html", receipt=await visit.ask("payments.receipt", payment_id=visit.places["payment_id"])
    )


async def download(visit: Visit) -> Response:
    """A paper or the result, as a download and never as a page of this site."""
    names = {name: visit.places[name] for name in ("application_id", "attachment_id")}
    return visit.answer(files.download(visit.request, await visit.ask("applications.attachment", **names)))


# What an applicant can still do with an application: the call, and the field that it takes.
DEEDS = {
    "withdraw": ("applications.request_withdrawal", "reason"),
    "appeal": ("applications.appeal", "grounds"),
    "rate": ("applications.rate", "comment"),
}


def _deed(visit: Visit) -> str:
    name = visit.places["deed"]
    if name not in DEEDS:
        raise PageNotFound()
    return name


async def before_deed(visit: Visit) -> Response:
    application = await visit.ask("applications.application", application_id=visit.places["application_id"])
    return visit.page("following/deed.html", application=application, deed=_deed(visit))


async def do_deed(visit: Visit) -> Response:
    form = await visit.form()
    deed = _deed(visit)
    place, (call, name) = visit.places["application_id"], DEEDS[deed]
    arguments: Json = {name: form.text(name) or None} if name else {}
    error = None
    if deed == "rate":
        stars = form.text("stars")
        arguments["stars"] = int(stars) if stars in ("1", "2", "3", "4", "5") else None
        error = None if arguments["stars"] else FieldError("stars", visit.t("following.stars_missing"))
    elif name and not arguments[name]:
        error = FieldError(name, visit.t("following.words_missing"))
    if error is None:
        try:
            await visit.ask(call, application_id=place, command_id=form.text("command_id"), **arguments)
            return visit.to(f"/applications/{place}", done=deed)
        except PlatformRefusal as refused:
            if status_of(refused.name) != 400:
                raise
            error = FieldError(name, refused.text)
    application = await visit.ask("applications.application", application_id=place)
    facts = {"application": application, "deed": deed, "errors": [error], "values": dict(form)}
    return visit.page("following/deed.html", 400, **facts)


async def acceptance(visit: Visit) -> Response:
    """The receipt of the papers with the promised day, to print; for the applicant, and for the office at its desk."""
    place = visit.places["application_id"]
    application = await visit.ask("applications.application", application_id=place)
    path = visit.path.removesuffix("/acceptance")
    if not application["accepted_at"]:
        return visit.to(path)
    procedure = await visit.ask(
        "catalog.procedure", code=application["procedure_code"], version=application["procedure_version"]
    )
    return visit.page("acceptance.html", application=application, procedure=procedure, place=path)


async def before_tracking(visit: Visit) -> Response:
    return visit.page("following/track.html", tracked=None)


async def track(visit: Visit) -> Response:
    """Without signing in: a code that opens something is no part of an address, so this is a form that is sent."""
    form = await visit.form()
    names = ("reference", "tracking_code")
    values = {name: form.text(name) for name in names}
    errors = [FieldError(name, visit.t(f"following.{name}_missing")) for name in names if not values[name]]
    tracked = None
    if not errors:
        try:
            tracked = await visit.ask("applications.track", **values)
        except PlatformRefusal as refused:
            if status_of(refused.name) not in (400, 404):
                raise
            errors = [FieldError("reference", visit.t("following.nothing_tracked"))]
    return visit.page("following/track.html", 400 if errors else 200, tracked=tracked, values=values, errors=errors)


async def inbox(visit: Visit) -> Response:
    page = await visit.ask("notifications.inbox", limit=AT_A_TIME, cursor=visit.query.get("cursor") or None)
    following = visit.link("/inbox", cursor=page["next_cursor"]) if page["next_cursor"] else None
    return visit.page("following/inbox.html", messages=page["items"], unread=page["unread"], next_page=following)


async def mark_read(visit: Visit) -> Response:
    form = await visit.form()
    await visit.ask("notifications.mark_read", message_id=form.text("message_id"), command_id=form.text("command_id"))
    return visit.to("/inbox")


PAGES = (
    Page("/track", before_tracking, track),
    Page("/inbox", inbox, mark_read, CITIZEN),
    Page("/applications", mine, roles=CITIZEN),
    Page(APPLICATION, status, roles=CITIZEN),
    Page(f"{APPLICATION}/pay", paying, pay, CITIZEN),
    Page(f"{APPLICATION}/acceptance", acceptance, roles=CITIZEN),
    Page("/desk/{application_id}/acceptance", acceptance, roles=OFFICERS),
    Page(f"{APPLICATION}/payments", receipts, roles=CITIZEN),
    Page("/payments/{payment_id}/receipt", receipt, roles=CITIZEN),
    Page(f"{APPLICATION}/files/{{attachment_id}}", download, roles=CITIZEN),
    Page(f"{APPLICATION}/do/{{deed}}", before_deed, do_deed, CITIZEN),
)
