"""The broker: reachable, with the queues of the services here and a user that may do its part only."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

from amqp.exceptions import AccessRefused
from kombu import Queue

from infra.chassis.messaging.handler_queues import QueueProbe, handler_queue
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.messaging.topology import handler_methods
from infra.chassis.messaging.transport import Connection
from infra.chassis.running.loader import installed, service_class
from infra.chassis.running.runner import broker_answers
from infra.chassis.settings import SettingMissing, Settings
from infra.cli.checks.finding import Finding, one_line

OWN_USERS = "give each process its own user (infra/rabbitmq/users.json; infra/docker/make-secrets makes them)"


def broker_findings(settings: Settings) -> list[Finding]:
    if settings.embedded:
        return []
    try:
        broker_answers(settings)
    except SettingMissing as missing:
        return [Finding("setting", missing.message, "name the broker: amqp://user:password@host:5672/vhost")]
    except Exception as error:
        return [Finding("fault", f"broker: {one_line(error)}", "check AMQP_URI and the server")]
    users = [] if settings.development else broker_user(settings)
    missing_queues = _missing_queues(settings)
    in_quarantine = [] if QUARANTINE in missing_queues else _quarantine(settings)
    if missing_queues:
        what = f"broker: {len(missing_queues)} queues missing ({', '.join(missing_queues[:3])} …)"
        return [Finding("fault", what, "run portal migrate"), *users, *in_quarantine]
    return [Finding("ok", "broker"), *users, *in_quarantine]


def broker_user(settings: Settings) -> list[Finding]:
    """Whether our user of the broker may do more than its part: make a queue that is nobody's."""
    user = urlsplit(settings.amqp_uri).username
    with Connection(settings.amqp_uri, connect_timeout=5) as connection:
        try:
            connection.channel().queue_declare(f"portal.probe.{uuid4()}", exclusive=True, auto_delete=True)
        except AccessRefused:
            return []
    return [Finding("fault", f"broker: user {user} may do everything, publish as any service included", OWN_USERS)]


def _quarantine(settings: Settings) -> list[Finding]:
    with Connection(settings.amqp_uri, connect_timeout=5) as connection:
        count = Queue(QUARANTINE, durable=True)(connection.channel()).queue_declare(passive=True).message_count
    advice = "portal dead-letters list, then replay or drop; what no list names came back to a queue that was gone"
    return [Finding("note", f"broker: messages in {QUARANTINE}: {count}", advice)] if count else []


def _missing_queues(settings: Settings) -> list[str]:
    """Queues of the services here that the broker does not have; nothing is declared by looking."""
    queues = [QUARANTINE, *[f"rpc-{name}" for name in installed()]]
    for name in installed():
        methods = handler_methods(service_class(name))
        queues += [handler_queue(source, kind, name, method).name for source, kind, method in methods]
    with Connection(settings.amqp_uri, connect_timeout=5) as connection:
        line = QueueProbe(connection)
        return [name for name in queues if not line.has(name)]
