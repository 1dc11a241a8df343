"""The in-memory broker: what services rely on of a real one."""

from __future__ import annotations

import time

import pytest
from kombu import Connection, Exchange, Queue

from infra.chassis.messaging.publishing import Publisher, Unroutable
from infra.chassis.settings import Settings
from infra.embedded.broker import Broker, install

install()


@pytest.fixture
def uri(request):
    name = f"broker{abs(hash(request.node.name))}"
    yield f"embedded://{name}"
    Broker.forget(name)


def declared(uri: str, queue: Queue) -> None:
    with Connection(uri) as connection:
        queue(connection.channel()).declare()


def received(uri: str, queue: str, seconds: float = 1) -> list[object]:
    bodies: list[object] = []

    def keep(body, message):
        bodies.append(body)
        message.ack()

    until = time.monotonic() + seconds
    with Connection(uri) as connection, connection.Consumer([queue], callbacks=[keep]):
        while not bodies and time.monotonic() < until:
            try:
                connection.drain_events(timeout=0.05)
            except TimeoutError:
                continue
    return bodies


def test_a_publisher_kept_from_an_earlier_platform_reaches_the_next_one(uri):
    queue = Queue("letters", exchange=Exchange("post", type="topic"), routing_key="a.*")
    declared(uri, queue)
    publisher = Publisher(uri)
    publisher.publish({"n": 1}, exchange="post", routing_key="a.b")
    Broker.forget(uri.removeprefix("embedded://"))
    declared(uri, queue)
    publisher.publish({"n": 2}, exchange="post", routing_key="a.b")
    assert received(uri, queue) == [{"n": 2}]


def test_what_no_queue_takes_is_returned_to_its_publisher(uri):
    declared(uri, Queue("letters", exchange=Exchange("post", type="topic"), routing_key="a.*"))
    with pytest.raises(Unroutable):
        Publisher(uri).publish({}, exchange="post", routing_key="b.a")


def test_a_queues_time_to_live_hands_its_messages_to_their_routing_key(uri):
    waiting = {"x-message-ttl": 100, "x-dead-letter-exchange": ""}
    declared(uri, Queue("letters"))
    declared(uri, Queue("later", exchange=Exchange("later", type="fanout"), queue_arguments=waiting))
    Publisher(uri).publish({"n": 1}, exchange="later", routing_key="letters")
    assert received(uri, Queue("letters"), 0.05) == []
    assert received(uri, Queue("letters")) == [{"n": 1}]


def test_what_comes_back_goes_by_the_exchange_its_queue_names_or_by_the_alternate_one(uri):
    aside = Exchange("aside", type="fanout")
    again = Exchange("again", type="direct", arguments={"alternate-exchange": "aside"})
    waiting = {"x-message-ttl": 50, "x-dead-letter-exchange": "again"}
    for queue in (Queue("kept", exchange=aside), Queue("letters", exchange=again, routing_key="letters")):
        declared(uri, queue)
    declared(uri, Queue("later", exchange=Exchange("later", type="fanout"), queue_arguments=waiting))
    for number, key in enumerate(("letters", "gone")):
        Publisher(uri).publish({"n": number}, exchange="later", routing_key=key)
    assert received(uri, Queue("letters")) == [{"n": 0}] and received(uri, Queue("kept")) == [{"n": 1}]


def test_a_message_past_its_expiration_is_not_delivered(uri):
    declared(uri, Queue("letters"))
    publisher = Publisher(uri)
    publisher.publish({"n": 1}, exchange="", routing_key="letters", expiration=0.05)
    time.sleep(0.1)
    publisher.publish({"n": 2}, exchange="", routing_key="letters", expiration=60)
    assert received(uri, Queue("letters")) == [{"n": 2}]


def test_two_embedded_installations_in_one_process_do_not_hear_each_other(tmp_path):
    here, there = (Settings({"PORTAL_HOME": str(tmp_path / name)}).amqp_uri for name in ("here", "there"))
    queue = Queue("letters", exchange=Exchange("post", type="topic"), routing_key="a.*")
    for uri in (here, there):
        declared(uri, queue)
    Publisher(here).publish({"for": "here"}, exchange="post", routing_key="a.b")
    assert received(there, queue, seconds=0.2) == []
    assert received(here, queue) == [{"for": "here"}]
