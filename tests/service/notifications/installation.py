"""Notifications on a broker and a database, with an identity that stands in for the real one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import uuid4

import eventlet
from nameko.rpc import rpc
from nameko.runners import ServiceRunner
from nameko.standalone.rpc import ClusterRpcProxy

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.contracts import contract_of
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.migrations import upgrade
from infra.chassis.running.followers import Follower
from infra.chassis.running.loader import service_class
from infra.chassis.running.runner import container_config
from infra.chassis.settings import Settings
from infra.embedded.broker import install
from tests.support import stand_in_identity
from tests.support.signed_events import signed

CITIZEN = "3f6c1f0a-6f5c-4b0e-9a51-0e3a1d2c4b5f"
PHONE = "+84901234567"


def token(*roles: str, account_id: str = CITIZEN) -> str:
    return stand_in_identity.token(account_id, *roles)


class StandIn(stand_in_identity.IdentityAnswers):
    """Identity, as far as notifications asks it. ``silent_for``: how many next questions about contacts fail."""

    name = "identity"
    silent_for: ClassVar[int] = 0

    @rpc
    def contact(self, account_id: str) -> dict[str, Any]:
        if StandIn.silent_for > 0:
            StandIn.silent_for -= 1
            raise RuntimeError("not today")
        name = {"full_name": "Nguyễn Thị Mẫu", "email": "mau@example.vn", "phone": PHONE, "language": "vi"}
        return {"account_id": account_id, **name}


class StandInCatalog:
    """Catalog, as far as notifications asks it."""

    name = "catalog"

    @rpc
    def procedure(self, code: str, version: int) -> dict[str, Any]:
        return {"code": code, "version": version, "title": {"vi": "Đăng ký khai sinh", "en": "Birth registration"}}


class Portal:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.publisher = Publisher(settings.amqp_uri)
        self.follower = Follower(settings, "notifications")

    def tell(self, event: CloudEvent) -> None:
        source = event["source"].removeprefix("/")
        genuine = signed(self.settings, event)
        self.publisher.publish(
            genuine, exchange=events_exchange(source), routing_key=event["type"], message_id=event["id"]
        )

    @contextmanager
    def calling(self, *roles: str, account_id: str = CITIZEN, language: str = "vi") -> Iterator[Any]:
        context = {"language": language}
        if roles:
            context["auth_token"] = token(*roles, account_id=account_id)
        with ClusterRpcProxy({"AMQP_URI": self.settings.amqp_uri}, context_data=context, timeout=60) as services:
            yield services.notifications


@contextmanager
def running(settings: Settings) -> Iterator[Portal]:
    install()
    upgrade(settings, "notifications")
    declare_topology(settings, [service_class("notifications")], [contract_of("notifications")])
    StandIn.silent_for = 0
    runner = ServiceRunner(container_config(settings))
    runner.add_service(StandIn)
    runner.add_service(StandInCatalog)
    runner.add_service(service_class("notifications"))
    runner.start()
    portal = Portal(settings)
    try:
        yield portal
    finally:
        runner.stop()
        portal.publisher.close()


def eventually(check: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first true answer of ``check``; fails when there is none in time."""
    until = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < until, "it did not happen in time"
        eventlet.sleep(0.05)
    return answer


def command_id() -> str:
    return str(uuid4())
