"""A submission and all that follows from it, written plainly: stock Nameko, SQLAlchemy's ORM, stock event dispatch.

``python -m tests.bench.plain SERVICE AMQP_URI DATABASE_URL [SMTP_HOST SMTP_PORT]`` runs one of the five services until
TERM. What it gives up is what plain code gives up: an event may be lost between commit and dispatch, or handled twice,
a handler that fails loses its event, a reader has no proof. What it does is the same: a token checked, the form
checked, the fees quoted by the catalogue, one UPDATE and one audit INSERT; then a bill with its demand and its two
lines in the books, a message in the inbox, an e-mail, one more use of the procedure.
"""

from __future__ import annotations

import os

os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")

import eventlet

eventlet.monkey_patch()

import signal  # noqa: E402 - after the patches
import smtplib  # noqa: E402
import sys  # noqa: E402
from datetime import UTC, date, datetime  # noqa: E402
from email.message import EmailMessage  # noqa: E402
from pathlib import Path  # noqa: E402
from uuid import uuid4  # noqa: E402

import jsonschema_rs  # noqa: E402
from jinja2 import Environment  # noqa: E402
from joserfc import jwt  # noqa: E402
from joserfc.jwk import OctKey  # noqa: E402
from nameko.events import EventDispatcher, event_handler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.rpc import RpcProxy, rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from sqlalchemy import create_engine, update  # noqa: E402
from sqlalchemy.orm import sessionmaker  # noqa: E402

from infra import fees  # noqa: E402
from services.notifications import wording  # noqa: E402
from tests.bench.plain_tables import (  # noqa: E402
    Account,
    Application,
    Audit,
    Bill,
    Delivery,
    Demand,
    LedgerEntry,
    LedgerRow,
    Message,
    Procedure,
)

SECRET = OctKey.import_key("a yardstick's secret is no secret")
TEXTS = Path(wording.__file__).with_name("templates") / "vi"


class Sessions(DependencyProvider):
    """Sessions on the service's database."""

    def setup(self):
        self.make = sessionmaker(create_engine(self.container.config["DATABASE_URL"]))

    def get_dependency(self, worker_ctx):
        return self.make


class Config(DependencyProvider):
    def get_dependency(self, worker_ctx):
        return self.container.config


class PlainApplications:
    name = "plain_applications"
    sessions = Sessions()
    catalog = RpcProxy("plain_catalog")
    dispatch = EventDispatcher()

    @rpc
    def submit(self, token, application_id):
        account_id = jwt.decode(token, SECRET, algorithms=["HS256"]).claims["sub"]
        with self.sessions.begin() as session:
            application = session.get(Application, application_id)
            if application is None or application.applicant_id != account_id or application.status != "draft":
                raise PermissionError(application_id)
            procedure = self.catalog.procedure(application.procedure_code)
            quote = self.catalog.quote(application.procedure_code, application.channel)
            if procedure["form"]:
                jsonschema_rs.validate(procedure["form"], application.answers)
            application.status, application.submitted_at = "submitted", datetime.now(UTC)
            application.procedure_version, application.quote = procedure["version"], quote
            facts = {"procedure_version": procedure["version"], "quote": quote}
            session.add(Audit(application_id=application_id, what="submitted", by=account_id, at=now(), facts=facts))
            event = {
                "application_id": application_id,
                "reference": application.reference,
                "applicant_id": account_id,
                "agency_code": application.agency_code,
                "procedure_code": application.procedure_code,
                "procedure_name": procedure["title"]["vi"],
                "quote": quote,
                "at": application.submitted_at.isoformat(),
            }
        self.dispatch("application_submitted", event)
        return {"application_id": application_id, "status": "submitted", "quote": quote}


class PlainCatalog:
    name = "plain_catalog"
    sessions = Sessions()

    @rpc
    def procedure(self, code):
        with self.sessions() as session:
            return session.get(Procedure, code).definition

    @rpc
    def quote(self, code, channel):
        with self.sessions() as session:
            return fees.quote(session.get(Procedure, code).definition, fees.FeeQuery(channel, date.today()))

    @event_handler("plain_applications", "application_submitted")
    def count_use(self, event):
        with self.sessions.begin() as session:
            statement = update(Procedure).where(Procedure.code == event["procedure_code"])
            session.execute(statement.values(uses=Procedure.uses + 1))


class PlainIdentity:
    name = "plain_identity"
    sessions = Sessions()

    @rpc
    def contact(self, account_id):
        with self.sessions() as session:
            account = session.get(Account, account_id)
            return {"full_name": account.full_name, "email": account.email}


class PlainPayments:
    name = "plain_payments"
    sessions = Sessions()

    @event_handler("plain_applications", "application_submitted")
    def bill(self, event):
        quote, agency = event["quote"], event["agency_code"]
        with self.sessions.begin() as session:
            facts = {name: event[name] for name in ("application_id", "reference", "applicant_id", "quote")}
            session.add(Bill(**facts, pinned_at=now()))
            session.flush()
            amount = quote["total"]["amount"]
            demand = Demand(
                id=str(uuid4()),
                application_id=event["application_id"],
                items=quote["items"],
                amount=amount,
                currency=quote["total"]["currency"],
                raised_at=now(),
            )
            session.add(demand)
            entry = LedgerEntry(demand_id=demand.id, kind="demand_raised", at=now())
            session.add(entry)
            session.flush()
            session.add(LedgerRow(entry_id=entry.id, line=1, account=f"receivable:{agency}", amount=amount))
            session.add(LedgerRow(entry_id=entry.id, line=2, account=f"revenue:{agency}", amount=-amount))


class PlainNotifications:
    name = "plain_notifications"
    sessions = Sessions()
    config = Config()
    identity = RpcProxy("plain_identity")

    @event_handler("plain_applications", "application_submitted")
    def write(self, event):
        contact = self.identity.contact(event["applicant_id"])
        facts = {**event, "full_name": contact["full_name"]}
        subject, inbox, mail = (text.render(facts) for text in TEMPLATES)
        with self.sessions.begin() as session:
            message = Message(
                id=str(uuid4()),
                account_id=event["applicant_id"],
                application_id=event["application_id"],
                subject=subject,
                body=inbox,
                created_at=now(),
            )
            session.add(message)
            session.flush()
            delivery_id = str(uuid4())
            session.add(Delivery(id=delivery_id, message_id=message.id, recipient=contact["email"], status="created"))
        self.send(contact["email"], subject, mail)
        with self.sessions.begin() as session:
            delivery = session.get(Delivery, delivery_id)
            delivery.status, delivery.sent_at = "sent", now()

    def send(self, recipient, subject, body):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "cong@example.vn", recipient, subject
        mail.set_content(body)
        with smtplib.SMTP(*self.config["SMTP"]) as smtp:
            smtp.send_message(mail)


def now():
    return datetime.now(UTC)


def templates():
    environment = Environment()
    environment.filters["moment"] = lambda at: wording.moment_text(at, "vi")
    environment.filters["money"] = lambda amount: wording.money_text(amount, "vi")
    subject, _, body = (TEXTS / "application_submitted.txt").read_text(encoding="utf-8").partition("\n")
    frame = (TEXTS / "_email.txt").read_text(encoding="utf-8")
    return [environment.from_string(text) for text in (subject, body, frame.replace("[[body]]", body.strip()))]


TEMPLATES = templates()
SERVICES = {
    service.name: service
    for service in (PlainApplications, PlainCatalog, PlainIdentity, PlainPayments, PlainNotifications)
}

if __name__ == "__main__":
    name, uri, url, *smtp = sys.argv[1:]
    runner = ServiceRunner({"AMQP_URI": uri, "DATABASE_URL": url, "SMTP": smtp})
    runner.add_service(SERVICES[name])
    runner.start()
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(runner.stop))
    runner.wait()
