"""Decorators that make a method the handler of an event, with the contract checked, logged and measured."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping

from infra.chassis import logs, metrics
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.contracts import contract_of
from infra.chassis.messaging.reliable_handler import ReliableHandler
from infra.chassis.wire_types import NamedClass


class EventRejected(Exception):
    """The event does not fit what this consumer's contract says it needs."""


def handles(source: str, event_type: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Make a method the handler of ``event_type`` (such as ``application_submitted.v1``) of service ``source``."""

    def decorate(method: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(method)
        def watched(self: NamedClass, event: CloudEvent) -> object:
            return _observed(self, method, source, event_type, event)

        watched.handles = (source, event_type)  # type: ignore[attr-defined]
        ReliableHandler.decorator(source, event_type, expected_exceptions=(Exception,))(watched)
        return watched

    return decorate


def handles_each(events: Mapping[str, tuple[str, str]], method: str) -> Callable[[type], type]:
    """Class decorator: one handler for each row ``{handler name: (source, event type)}``, with the body of ``method``.

    A queue is named after its handler, so the names in the table outlive the code.
    """

    def decorate(service: type) -> type:
        for name, (source, event_type) in events.items():
            setattr(service, name, handles(source, event_type)(_named(getattr(service, method), service, name)))
        return service

    return decorate


def _named(method: Callable[..., object], service: type, name: str) -> Callable[..., object]:
    @functools.wraps(method)
    def handler(self: object, event: CloudEvent) -> object:
        return method(self, event)

    handler.__name__, handler.__qualname__ = name, f"{service.__qualname__}.{name}"
    return handler


def _observed(
    service: NamedClass, method: Callable[..., object], source: str, event_type: str, event: CloudEvent
) -> object:
    name, started = method.__name__, time.perf_counter()
    logs.context.bind_contextvars(service=service.name, handler=name, event_id=event.get("id"))
    try:
        schema = contract_of(service.name).consumed(source, event_type)
        if schema and (problems := schema.problems(event["data"])):
            raise EventRejected(json.dumps([problem["pointer"] + " " + problem["en"] for problem in problems]))
        return method(service, event)
    except Exception as error:
        logs.get().warning("handler_failed", error=f"{type(error).__name__}: {error}", exc_info=True)
        raise
    finally:
        metrics.handler_seconds.labels(service.name, name).observe(time.perf_counter() - started)
        logs.context.clear_contextvars()
