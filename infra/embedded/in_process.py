"""The embedded platform's doors, answered in the process that asks: no broker, no follower, only the services asked.

A question from the command line needs none of the rest. It passes its door as one from the broker does: caller, roles,
contract, and its record for the access log. Nothing is published here: what an answer leaves in the outbox goes out
when the platform runs next. For that reason only what asks comes this way; what changes something needs the platform.
"""

from __future__ import annotations

import contextvars
import inspect
import json
import time
import uuid
from collections.abc import Callable
from types import SimpleNamespace

from kombu.serialization import dumps, loads
from nameko.containers import WorkerContext
from nameko.exceptions import MethodNotFound, UnknownService, deserialize, serialize
from nameko.extensions import is_dependency

from infra.chassis.access.auth import ENVELOPE
from infra.chassis.clients import CLIENT, Sign, unwrap
from infra.chassis.json_types import Json
from infra.chassis.messaging.envelopes import plain_json_only
from infra.chassis.running.loader import installed, service_class
from infra.chassis.settings import Settings
from infra.chassis.storage.database import WORKERS, Database
from infra.chassis.storage.revisions import at_head
from infra.chassis.trust.assertions import Envelope, parent_call
from infra.chassis.wire_types import Doors, Method

Context = Json  # of a call: language, auth_token, call_id_stack, deadline; a service's assertion
Reply = Json  # ``{"result": …, "error": …}``, as the broker carries it
PREFIX = "nameko."  # of a header that is part of the context


class DoorsInProcess:
    """The doors of all services of a home. A service is imported, and its database opened, when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._desks: dict[str, Desk] = {}
        plain_json_only()

    def proxy(self, context: Context) -> Cluster:
        """What Nameko's cluster proxy is to a broker: ``proxy.catalog.search(…)``."""
        return Cluster(self, context)

    def answer(self, service: str, method: str, arguments: Json, context: Context) -> Reply:
        """What goes back to the caller; ``UnknownService`` for one that is not in this installation."""
        if service not in self._desks:
            if service not in installed():
                raise UnknownService(service)
            self._desks[service] = Desk(service, self)
        # A door binds facts to its context for the log and forgets them all at its end: each has one of its own.
        return contextvars.copy_context().run(self._desks[service].answer, method, arguments, context)

    def close(self) -> None:
        """Close the databases."""
        Database.forget_all()


class Desk:
    """A service's use cases and neighbours, set up as for a container; of entrypoints only the doors, and no queue."""

    def __init__(self, service: str, doors: DoorsInProcess) -> None:
        _migrate(doors.settings, service)
        self.service_cls = service_class(service)
        self.service_name = service
        self.interface, self.shared_extensions, self.max_workers = self, dict[object, object](), WORKERS
        self.config: Json = {
            "AMQP_URI": doors.settings.amqp_uri,
            "settings": doors.settings,
            CLIENT: lambda *_container_and_replies: NeighbourInProcess(doors),
        }
        members = inspect.getmembers(self.service_cls, is_dependency)
        self._dependencies = [dependency.bind(self, name) for name, dependency in members]
        for dependency in self._dependencies:
            dependency.setup()

    def answer(self, method: str, arguments: Json, context: Context) -> Reply:
        """The reply to one call."""
        if not hasattr(getattr(self.service_cls, method, None), "rule"):
            return {"result": None, "error": serialize(MethodNotFound(method))}
        service = self.service_cls()
        call = WorkerContext(self, service, SimpleNamespace(method_name=method), kwargs=arguments, data=dict(context))
        for dependency in self._dependencies:
            setattr(service, dependency.attr_name, dependency.get_dependency(call))
        try:
            result = getattr(service, method)(**arguments)
        except Exception as error:  # noqa: BLE001 - it goes back to the caller, and the door has logged what is to be logged
            return {"result": None, "error": serialize(error)}
        return {"result": _as_carried(result), "error": None}


def _as_carried(result: object) -> object:
    """As it would come out of the broker: what cannot be JSON fails here as well."""
    content_type, encoding, body = dumps(result, "json")
    return loads(body.encode(), content_type, encoding)


def _migrate(settings: Settings, service: str) -> None:
    """The embedded default makes its databases when they are first needed."""
    if not (settings.home / f"{service}.sqlite").exists() or not at_head(settings, service):
        from infra.chassis.migrations import upgrade

        upgrade(settings, service)


class NeighbourInProcess:
    """How one service asks another here: with the same assertion, bound to the same envelope."""

    def __init__(self, doors: DoorsInProcess) -> None:
        self._doors = doors

    def call(
        self,
        service: str,
        method: str,
        arguments: Json,
        headers: Json,
        timeout: float,
        sign: Sign | None = None,
    ) -> Json:
        """As of :class:`infra.chassis.clients.RpcClient`."""
        context = {name.removeprefix(PREFIX): value for name, value in headers.items()}
        context["deadline"] = f"{time.time() + timeout:.3f}"
        if sign is not None:
            body = json.dumps({"args": [], "kwargs": arguments}).encode()
            envelope = Envelope(body, str(uuid.uuid4()), "in-process", parent_call(headers))
            context |= {"assertion": sign(envelope), ENVELOPE: envelope}
        return unwrap(service, self._doors.answer(service, method, arguments, context))


class Cluster:
    """``cluster.<service>.<method>(**arguments)``, as a front end calls the platform; refusals are ``RemoteError``."""

    def __init__(self, doors: DoorsInProcess, context: Context) -> None:
        self._doors, self._context = doors, context

    def __getattr__(self, service: str) -> Doors:
        if service.startswith("_"):
            raise AttributeError(service)
        return _Service(lambda method, arguments: self._call(service, method, arguments))

    def _call(self, service: str, method: str, arguments: Json) -> Json:
        reply = self._doors.answer(service, method, arguments, self._context)
        if reply["error"]:
            raise deserialize(reply["error"])
        result: Json = reply["result"]
        return result


class _Service:
    def __init__(self, call: Callable[[str, Json], Json]) -> None:
        self._call = call

    def __getattr__(self, method: str) -> Method:
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda **arguments: self._call(method, arguments)
