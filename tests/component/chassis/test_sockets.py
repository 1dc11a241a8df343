"""What listens on every interface is reached by IPv4 and by IPv6."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from infra.chassis.running.health import Health, serve_plain
from infra.chassis.running.operations import serve_green
from infra.chassis.running.sockets import held_port, listening_socket
from infra.chassis.settings import Settings
from infra.front_door.callbacks import serve as serve_callbacks

LOOPBACKS = ["127.0.0.1", "::1"] if socket.has_dualstack_ipv6() else ["127.0.0.1"]


@pytest.mark.parametrize("serve", [serve_plain, serve_green])
@pytest.mark.parametrize("loopback", LOOPBACKS)
def test_the_operations_port_answers_by_every_kind_of_address(serve, loopback):
    port = serve(Health(), Settings({}))
    host = f"[{loopback}]" if ":" in loopback else loopback
    with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=10) as reply:
        assert reply.status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
@pytest.mark.parametrize("loopback", LOOPBACKS)
def test_callbacks_listen_on_every_interface_however_it_is_written(host, loopback):
    server = serve_callbacks(lambda service, method, **arguments: {}, host=host)
    try:
        socket.create_connection((loopback, server.port), timeout=10).close()
        assert server.url == f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


@pytest.mark.parametrize("loopback", LOOPBACKS)
def test_an_address_that_is_named_is_listened_on_alone(loopback):
    with listening_socket(loopback, 0) as listening:
        assert listening.getsockname()[0] == loopback


def test_a_port_that_is_taken_is_an_error():
    with listening_socket("", 0) as first, pytest.raises(OSError, match="in use"):
        listening_socket("", first.getsockname()[1])


def test_a_prober_that_says_nothing_keeps_no_other_waiting():
    port = serve_plain(Health(), Settings({}))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as silent:
        silent.send(b"GET /healthz HTTP/1.1\r\n")  # and no more
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4) as reply:
            assert reply.status == 200


def test_a_port_that_is_held_goes_to_its_listener_and_to_nobody_else() -> None:
    with held_port() as holder:
        port = holder.getsockname()[1]
        with socket.socket() as another, pytest.raises(OSError, match="in use"):
            another.bind(("127.0.0.1", port))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with listening_socket("127.0.0.1", port), socket.create_connection(("127.0.0.1", port)):
            """The one that it was held for is there."""
