"""The doors of a service: ``@door`` wraps an RPC so that a use case only ever sees a checked call.

Order: a place (costly doors) → deadline → caller → roles → contract → work. A refusal leaves with its name and a text
in the caller's language; a failure is logged once, counted and leaves without detail. Sensitive arguments are never
logged.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from nameko.rpc import Rpc

from infra.chassis import logs, metrics
from infra.chassis.access.auth import ENVELOPE, Call
from infra.chassis.contracts import contract_of, integral
from infra.chassis.json_types import Json
from infra.chassis.messaging.rpc_consumer import CheckedRpcConsumer
from infra.chassis.refusals import (
    DeadlineExceeded,
    Forbidden,
    InternalFailure,
    InvalidRequest,
    Refusal,
    ServiceUnavailable,
    as_remote,
)
from infra.chassis.storage.commands import Command
from infra.chassis.storage.connections import can_be_waited_out
from infra.chassis.trust.assertions import Envelope
from infra.chassis.wire_types import BrokerMessage

LOGGED = ("_id", "code", "status", "method", "version", "limit", "kind")  # how names of plain values end
UNBOUNDED = contextlib.nullcontext()


class Door(Rpc):
    """Nameko's RPC entrypoint on the checked consumer; the contract, not the signature, says what fits.

    Every exception counts as expected: the door itself logs what is to be logged.
    """

    rpc_consumer = CheckedRpcConsumer()

    def check_signature(self, args: object, kwargs: object) -> None:
        """Left to the contract."""

    def unpack_message_headers(self, message: BrokerMessage) -> Json:
        """As stock; with a service's assertion, what it has to fit."""
        context: Json = super().unpack_message_headers(message)
        return {**context, ENVELOPE: Envelope.of(message)} if context.get("assertion") else context


@dataclass(frozen=True)
class Rule:
    """Who may call a door, what of its arguments is secret, and whether its places are bounded.

    ``internal``: services alone, with an assertion. A door for people admits those services that the table of calls
    names.
    """

    roles: frozenset[str]
    public: bool
    sensitive: frozenset[str]
    costly: bool = False
    internal: bool = False

    def admit(self, call: Call, door: str) -> None:
        """Let the caller in or refuse."""
        if self.public:
            return
        if call.asserted:
            call.admit_service(door)
            return
        actor = call.authenticate()
        if self.internal:
            raise Forbidden(
                reason="chỉ dành cho các dịch vụ của nền tảng", reason_en="for the platform's services only"
            )
        if not actor.has(*self.roles):
            names = ", ".join(sorted(self.roles))
            raise Forbidden(reason=f"cần vai trò: {names}", reason_en=f"needs role: {names}")


def door(
    *,
    roles: Iterable[str] = (),
    public: bool = False,
    internal: bool = False,
    sensitive: Iterable[str] = (),
    costly: bool = False,
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Make a method an RPC. ``roles``: any of them, held anywhere; or ``public=True``; or ``internal=True``: services.

    ``sensitive``: arguments never logged; nor is what the contract marks (:mod:`sensitive`). ``costly``: its places are
    bounded (:mod:`admission`).
    """
    rule = Rule(frozenset(roles), public, frozenset(sensitive), costly, internal)
    if [public, internal, bool(rule.roles)].count(True) != 1:
        raise TypeError("a door is public, for services, or names its roles")

    def decorate(method: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(method)
        def opened(self: Guarded, *args: object, **kwargs: object) -> object:
            return _through(self, method, rule, args, kwargs)

        opened.rule = rule  # type: ignore[attr-defined]
        Door.decorator(expected_exceptions=(Exception,))(opened)
        return opened

    return decorate


class _Places(Protocol):
    def at(self, door: str) -> AbstractContextManager[object]: ...


class Guarded(Protocol):
    """A service as its doors see it."""

    name: str
    caller: Call
    admission: _Places


def _through(
    service: Guarded, method: Callable[..., object], rule: Rule, args: tuple[object, ...], kwargs: Json
) -> object:
    call = service.caller
    name, started = method.__name__, time.perf_counter()
    logs.context.bind_contextvars(service=service.name, door=name, call_id=call.call_id)
    try:
        with service.admission.at(name) if rule.costly else UNBOUNDED:
            kwargs = _check(service, name, rule, call, args, kwargs)
            return method(service, **kwargs)
    except Refusal as refusal:
        metrics.door_refusals.labels(service.name, name, refusal.name).inc()
        logs.get().info("refused", refusal=refusal.name, arguments=_loggable(service.name, name, rule, kwargs))
        raise as_remote(refusal, call.language) from None
    except Exception as error:
        if can_be_waited_out(error):
            metrics.door_refusals.labels(service.name, name, ServiceUnavailable.__name__).inc()
            logs.get().warning("database_busy", error=f"{type(error).__name__}: {error}"[:300])
            raise as_remote(ServiceUnavailable(service=service.name), call.language) from None
        metrics.door_failures.labels(service.name, name).inc()
        logs.get().exception("door_failed", arguments=_loggable(service.name, name, rule, kwargs))
        raise InternalFailure(call.call_id, call.language) from None
    finally:
        metrics.door_seconds.labels(service.name, name).observe(time.perf_counter() - started)
        logs.context.clear_contextvars()


def _check(service: Guarded, name: str, rule: Rule, call: Call, args: tuple[object, ...], kwargs: Json) -> Json:
    """The arguments as the method gets them; refuses in the order of this module."""
    if call.deadline is not None and time.time() > call.deadline:
        raise DeadlineExceeded()
    rule.admit(call, name)
    if args:
        raise InvalidRequest.at("", "chỉ nhận đối số theo tên", "keyword arguments only")
    if problems := contract_of(service.name).parameters(name).problems(kwargs):
        raise InvalidRequest(problems)
    kwargs = integral(kwargs)
    call.check_about(kwargs)
    if kwargs.get("command_id"):
        caller = call.actor.account_id or "anonymous"
        call.optional_command = Command.of(
            kwargs["command_id"],
            f"{service.name}.{name}",
            caller,
            kwargs,
            call_id=call.call_id,
            sensitive=contract_of(service.name).sensitive(name),
        )
    return kwargs


def _loggable(service: str, name: str, rule: Rule, arguments: Json) -> dict[str, str]:
    """Arguments for the log: ids and short plain values that the contract names; never a sensitive one, free text,
    papers, or what somebody sent under a name of their own.
    """
    fields: dict[str, str] = {}
    contract = contract_of(service)
    sensitive, named = rule.sensitive | contract.sensitive(name), contract.arguments(name)
    for argument, value in list(arguments.items())[:20]:
        if argument not in named:
            continue
        if argument in sensitive:
            fields[argument] = "***"
        elif argument.endswith(LOGGED) and len(str(value)) <= 80:
            fields[argument] = str(value)
    return fields
