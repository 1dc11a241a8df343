"""Every user of a real RabbitMQ may do its own part, and the broker refuses it everything else."""

from __future__ import annotations

import re
import uuid
from contextlib import closing

import eventlet
import pytest
from amqp import Message
from kombu import Connection
from nameko.runners import ServiceRunner
from sqlalchemy import text

from infra.chassis import clock, migrations
from infra.chassis.contracts import contract_of
from infra.chassis.erasure.queues import remove_settled, sweep
from infra.chassis.messaging import handler_queues
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.messaging.standalone import platform_proxy
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.running.followers import Follower
from infra.chassis.running.loader import service_class
from infra.chassis.running.runner import container_config
from infra.chassis.settings import SERVICES, Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import outbox
from infra.cli.checks.broker import broker_user
from infra.rabbitmq.definitions import RPC, definitions, table, user_names

ROWS = table()
REFUSED = 403


@pytest.fixture(scope="module")
def hosts(broker_server):
    """``(URI of a user, URI of the administrator)`` on a virtual host with the platform's topology and our users."""
    with broker_server.virtual_host() as uri:
        vhost = uri.rpartition("/")[2]
        passwords = {name: uuid.uuid4().hex for name in user_names(ROWS)}
        made = definitions(passwords, vhost)
        for user in made["users"]:
            about = {name: user[name] for name in ("password_hash", "hashing_algorithm", "tags")}
            broker_server.manage("PUT", f"users/{vhost}-{user['name']}", about)
        for kind in ("permissions", "topic_permissions"):
            for entry in made[kind]:
                grant = {name: value for name, value in entry.items() if name not in ("user", "vhost")}
                broker_server.manage("PUT", f"{kind.replace('_', '-')}/{vhost}/{vhost}-{entry['user']}", grant)
        with pytest.MonkeyPatch.context() as patch:  # since when a queue is there is a service's own bookkeeping
            patch.setattr(handler_queues, "undelivered_since", lambda *_: None)
            classes, contracts = [service_class(name) for name in SERVICES], [contract_of(name) for name in SERVICES]
            declare_topology(Settings({"AMQP_URI": uri}), classes, contracts)
        yield lambda user: uri.replace("guest:guest", f"{vhost}-{user}:{passwords[user]}"), uri
        for user in made["users"]:
            broker_server.manage("DELETE", f"users/{vhost}-{user['name']}")


class Attempt:
    """One connection of a user; each try on a channel of its own, which the broker closes when it refuses."""

    def __init__(self, uri):
        self.connection = Connection(uri, connect_timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.release()

    def may(self, work):
        channel = self.connection.channel()
        try:
            work(channel)
            channel.queue_declare("portal.quarantine", passive=True)  # a publish is refused after the fact
        except Exception as error:
            if getattr(error, "reply_code", None) == REFUSED or getattr(error, "code", None) == REFUSED:
                return False
            raise
        channel.close()
        return True

    def publish(self, exchange, *keys):
        # No queue takes it: mandatory and immediate are off, and the message is gone after the check.
        def work(channel):
            for key in keys:
                channel.basic_publish(Message("{}", expiration="1"), exchange, key)

        return self.may(work)

    def bind(self, queue, exchange, key):
        return self.may(lambda channel: channel.queue_bind(queue, exchange, key))

    def get(self, queue):
        return self.may(lambda channel: channel.basic_get(queue, no_ack=False))

    def purge(self, queue):
        return self.may(lambda channel: channel.queue_purge(queue))

    def declare(self, queue):
        return self.may(lambda channel: channel.queue_declare(queue, durable=True, auto_delete=False))

    def delete(self, queue):
        return self.may(lambda channel: channel.queue_delete(queue, if_unused=False, if_empty=False))


LIMITED = [name for name in user_names(ROWS) if name not in ROWS["makes_topology"]]


EVERY_DOOR = {f"{service}.{door}" for service in SERVICES for door in contract_of(service).rpc}


def publishers(source):
    return {f"{source}-follower"}


@pytest.mark.parametrize("user", LIMITED)
def test_only_its_follower_publishes_a_service_s_events(hosts, user):
    with Attempt(hosts[0](user)) as attempt:
        for source in SERVICES:
            allowed = {
                kind: attempt.publish(f"{source}.events", kind) for kind in ROWS["services"][source]["publishes"]
            }
            assert set(allowed.values()) == {user in publishers(source)}, (user, source)
            assert not attempt.publish(f"{source}.events", "made_up.v1")


@pytest.mark.parametrize("user", LIMITED)
def test_a_user_calls_the_doors_that_the_table_names_no_others_and_only_services_answer(hosts, user):
    row = ROWS["callers"].get(user) or ROWS["services"].get(user) or {"calls": []}
    with Attempt(hosts[0](user)) as attempt:
        assert attempt.publish(RPC, *row["calls"]), user
        for key in {*EVERY_DOOR, *(f"{service}.made_up" for service in SERVICES)} - set(row["calls"]):
            assert not attempt.publish(RPC, key), (user, key)
        assert attempt.publish(RPC, str(uuid.uuid4())) == (user in SERVICES), "an answer"
        assert not attempt.publish("", "rpc-identity") and not attempt.publish("", "portal.quarantine")


@pytest.mark.parametrize("user", LIMITED)
def test_a_user_touches_no_queue_but_its_own(hosts, user):
    queues = [f"rpc-{name}" for name in SERVICES] + [
        f"evt-{source}-{kind}--{service}.a_handler"
        for service in SERVICES
        for source, kinds in ROWS["services"][service]["consumes"].items()
        for kind in kinds
    ]
    with Attempt(hosts[1]) as admin:
        for queue in queues:
            admin.declare(queue)
    with Attempt(hosts[0](user)) as attempt:
        for queue in queues:
            own = queue == f"rpc-{user}" or f"--{user}." in queue
            source = re.match(r"evt-([a-z]+)-", queue)
            makes = own or (source is not None and user == f"{source[1]}-follower")
            assert attempt.purge(queue) == attempt.get(queue) == own, (user, queue)
            assert attempt.declare(queue) == makes, (user, queue)
            if not makes:
                assert not attempt.delete(queue), (user, queue)
        for foreign in ("anything", "portal.quarantine", "portal.wait.5000ms", f"rpc.reply-identity2-{uuid.uuid4()}"):
            assert not attempt.declare(foreign) and not attempt.delete(foreign), (user, foreign)
            assert not attempt.purge(foreign) or (user.endswith("-follower") or user == "operator"), (user, foreign)


@pytest.mark.parametrize("user", LIMITED)
def test_a_user_binds_by_its_own_keys_only(hosts, user):
    if user not in SERVICES:
        own = f"rpc.reply-standalone_rpc_proxy-{uuid.uuid4()}"
    else:
        own = f"rpc.reply-{user}-{uuid.uuid4()}"
    with Attempt(hosts[0](user)) as attempt:
        replies = attempt.declare(own)
        assert replies == (not user.endswith("-follower"))
        if replies:
            assert attempt.bind(own, RPC, str(uuid.uuid4())), "its own answers"
            for key in ("#", "*.*", "identity.sign_in", *[f"{name}.*" for name in SERVICES if name != user]):
                assert not attempt.bind(own, RPC, key), (user, key)
            for source in SERVICES:
                subscriptions = ROWS["services"].get(user, {"consumes": {}})["consumes"].get(source, [])
                assert not attempt.bind(own, f"{source}.events", "#"), (user, source)
                for kind in ROWS["services"][source]["publishes"]:
                    assert attempt.bind(own, f"{source}.events", kind) == (kind in subscriptions), (user, source, kind)
            attempt.delete(own)


@pytest.mark.parametrize("user", LIMITED)
def test_nobody_reaches_another_s_handler_by_the_retry_or_redelivery_exchanges(hosts, user):
    foreign = "evt-payments-payment_settled.v1--applications.payment_settled"
    with Attempt(hosts[0](user)) as attempt:
        may = user in ("payments-follower", "operator")
        assert attempt.publish("portal.redelivery", foreign) == may, user
        waits = user == "applications" or user.endswith("-follower")
        assert attempt.publish("portal.retry.5000ms", foreign) == waits, user
        for exchange in (RPC, "payments.events", "portal.again", "portal.unroutable"):
            assert not attempt.may(lambda channel, name=exchange: channel.exchange_delete(name)), (user, exchange)
            assert not attempt.may(
                lambda channel, name=exchange: channel.exchange_declare(f"{name}.copy", "topic", durable=True)
            )


def test_a_front_end_cannot_publish_a_forged_settlement_though_the_shared_user_could(hosts):
    with Attempt(hosts[1]) as shared, Attempt(hosts[0]("front-door")) as front_end:
        assert shared.publish("payments.events", "payment_settled.v1"), "as it was: one credential for all"
        assert not front_end.publish("payments.events", "payment_settled.v1")


def test_the_doctor_names_a_user_that_may_do_everything(hosts):
    uri_of, admin = hosts
    assert broker_user(Settings({"AMQP_URI": uri_of("operator")})) == []
    (finding,) = broker_user(Settings({"AMQP_URI": admin}))
    assert finding.verdict == "fault" and "user guest may do everything" in finding.looked_at


@pytest.fixture
def catalog(hosts, tmp_path):
    """The catalogue's doors and its follower, each as its own user; ``(settings of doors, follower)``."""
    environment = {"PORTAL_ENVIRONMENT": "development", "PORTAL_HOME": str(tmp_path)}
    environment["CATALOG_DATABASE_URL"] = f"sqlite:///{tmp_path}/catalog.sqlite"
    doors = Settings({**environment, "AMQP_URI": hosts[0]("catalog")})
    migrations.upgrade(doors, "catalog")
    runner = ServiceRunner(container_config(doors))
    runner.add_service(service_class("catalog"))
    runner.start()
    follower = Follower(Settings({**environment, "AMQP_URI": hosts[0]("catalog-follower")}), "catalog")
    yield doors, follower
    follower.lease.release()
    with eventlet.Timeout(15, False):
        runner.stop()
    Database.forget(doors.database_url("catalog"))


def count(uri, queue):
    with Connection(uri, connect_timeout=60) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).message_count)


def purged(uri, queue):
    with Connection(uri, connect_timeout=60) as connection:
        return int(connection.channel().queue_purge(queue))


def until(true, seconds=60):
    with eventlet.Timeout(seconds, False):
        while not true():
            eventlet.sleep(0.1)
    return true()


def test_a_service_does_all_of_its_work_as_its_own_users(hosts, catalog):
    uri_of, admin = hosts
    doors, follower = catalog
    with platform_proxy(uri_of("front-door"), timeout=60) as rpc:
        assert rpc.catalog.health()["status"] == "ok"
    for queue in ("portal.wait.5000ms", "portal.quarantine"):
        assert until(lambda name=queue: purged(admin, name) == 0)  # of what other tests left there
    # An event it cannot handle waits in a tier; a call without a return address is in the quarantine.
    unfit = {"id": "applications:1", "source": "x", "type": "application_submitted.v1", "data": {}}
    publisher = Publisher(uri_of("applications-follower"))
    publisher.publish(unfit, exchange=events_exchange("applications"), routing_key="application_submitted.v1")
    assert until(lambda: count(admin, "portal.wait.5000ms") >= 1)
    with Attempt(uri_of("front-door")) as front_end:
        assert front_end.publish(RPC, "catalog.health")
    assert until(lambda: count(admin, "portal.quarantine") >= 1)
    # A handler's queue that is gone: its source is asked, and publishes again to that queue alone.
    queue = "evt-applications-application_submitted.v1--catalog.count_use"
    # An operator may ask as well, after a database was put back.
    request = {"queue": queue, "type": "application_submitted.v1", "since": "2026-01-01T00:00:00+00:00"}
    for requests, user in enumerate(("catalog", "operator"), start=1):
        with closing(Publisher(uri_of(user))) as asking:
            handler_queues.request_redelivery(asking, "applications", request)
        assert until(lambda expected=requests: count(admin, "portal.retell.applications") == expected), user
    # What was committed is published by the follower.
    with Database.at(doors.database_url("catalog")).session() as session:
        row = {"type": "calendar_changed.v1", "subject": "x", "data": {}, "at": clock.now()}
        session.execute(outbox.insert().values(row))
    assert until(lambda: follower.once() >= 0 and not unpublished(doors))
    # An erased person is taken out of the queues, and an operator takes out what is settled.
    assert sweep(Settings({"AMQP_URI": uri_of("catalog-follower")}), {str(uuid.uuid4())}, "catalog 1") == {}
    settled = [("catalog.health", "nothing")]
    assert remove_settled(Settings({"AMQP_URI": uri_of("operator")}), settled) == 0
    publisher.close()


def unpublished(settings):
    with Database.at(settings.database_url("catalog")).session() as session:
        return session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
