"""An HTTP call ends, whatever the other side does; it goes where it was sent; it holds nobody else up.

Server and client are green threads of one process: a client that blocked would never be answered.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from infra.chassis.http import HttpResponse, NoAnswer, call
from infra.chassis.object_storage import ObjectStorage
from infra.chassis.refusals import ServiceUnavailable
from tests.support.local_servers import free_port

MOVED = "HTTP/1.1 302 Found\nLocation: http://{}/\nContent-Length: 0\n\n"
LONG_BEFORE_ITS_END = 30.0  # seconds, on a machine that is busy with much else; the servers take a minute and more
Serve = Callable[[socket.socket, bytes], None]


@contextmanager
def server(serve: Serve) -> Iterator[str]:
    """The address of a server that does this with every connection's first words."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(line,), daemon=True).start()

    def answer(line: socket.socket) -> None:
        try:
            serve(line, line.recv(65_536))
        except OSError:
            pass  # the client hung up
        finally:
            line.close()

    threading.Thread(target=accept, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


def says(text: str) -> Serve:
    return lambda line, _: line.sendall(text.replace("\n", "\r\n").encode())


def drips(text: str) -> Serve:
    def serve(line: socket.socket, _: bytes) -> None:
        for letter in text:
            line.sendall(letter.encode())
            time.sleep(0.05)

    return serve


def echo(line: socket.socket, request: bytes) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request) + request)


def test_a_call_says_what_it_was_told_to_and_gives_the_answer() -> None:
    with server(echo) as host:
        answer = call("PUT", f"http://{host}/a/b?c=d", body=b"body", headers={"X-Sign": "abc"}, within=60)
    assert answer.status == 200
    assert answer.body.startswith(b"PUT /a/b?c=d HTTP/1.1\r\n") and answer.body.endswith(b"\r\n\r\nbody")
    assert b"X-Sign: abc" in answer.body and f"Host: {host}".encode() in answer.body


@pytest.mark.parametrize(
    "serve",
    [
        drips("HTTP/1.1 200 OK\r\n" + "X-More: and more\r\n" * 100),
        drips("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + "x" * 1000),
        lambda *_: time.sleep(120),
    ],
    ids=["headers", "body", "silence"],
)
def test_a_server_that_never_ends_is_hung_up_on(serve: Serve) -> None:
    began = time.monotonic()
    with server(serve) as host, pytest.raises(NoAnswer):
        call("GET", f"http://{host}/", within=0.5)
    assert 0.4 < time.monotonic() - began < LONG_BEFORE_ITS_END


def test_a_tls_handshake_that_never_ends_is_hung_up_on() -> None:
    began = time.monotonic()
    with server(drips("\x16\x03\x03\x40" + "x" * 1000)) as host, pytest.raises(NoAnswer):
        call("GET", f"https://{host}/", within=0.5, silence=5)
    assert time.monotonic() - began < LONG_BEFORE_ITS_END


def test_silence_may_be_shorter_than_the_whole_call() -> None:
    began = time.monotonic()
    with server(lambda *_: time.sleep(120)) as host, pytest.raises(NoAnswer):
        call("GET", f"http://{host}/", within=120, silence=0.3)
    assert time.monotonic() - began < LONG_BEFORE_ITS_END


def test_redirects_are_answers_and_not_followed() -> None:
    with (
        server(echo) as other,
        server(says(f"HTTP/1.1 302 F\nLocation: http://{other}/\nContent-Length: 0\n\n")) as host,
    ):
        assert call("GET", f"http://{host}/", within=60) == HttpResponse(302, b"")


def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    def endless(line: socket.socket, _: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b"x" * 65_536)

    with server(endless) as host:
        assert call("GET", f"http://{host}/", within=60, longest=1000) == HttpResponse(200, b"x" * 1000)


def test_what_is_packed_is_not_unpacked() -> None:
    with server(says("HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 4\n\nxxxx")) as host:
        assert call("GET", f"http://{host}/", within=60).body == b"xxxx"


def test_a_pinned_address_is_called_whatever_the_name_resolves_to() -> None:
    with server(echo) as host:
        port = host.partition(":")[2]
        answer = call("GET", f"http://name.invalid:{port}/", within=60, address="127.0.0.1")
    assert f"Host: name.invalid:{port}".encode() in answer.body


@pytest.mark.parametrize(
    "serve", [lambda *_: None, says("no HTTP at all\n\n"), says("HTTP/1.1 200 OK\nContent-Length: 5\n\nab")]
)
def test_a_broken_answer_is_no_answer(serve: Serve) -> None:
    with server(serve) as host, pytest.raises(NoAnswer):
        call("GET", f"http://{host}/", within=60)


def test_nobody_listening_and_no_such_name_are_no_answer() -> None:
    for url in (f"http://127.0.0.1:{free_port()}/", "http://name.invalid/", "http://[::1/"):
        with pytest.raises(NoAnswer):
            call("GET", url, within=5)


def storage(host: str) -> ObjectStorage:
    return ObjectStorage("papers", f"http://{host}", "us-east-1", lambda: ("access", "secret"), "blob store")


def test_object_storage_is_asked_path_style_without_holding_up_the_process() -> None:
    with server(echo) as host:
        content = storage(host).read("folder/one")
    assert content is not None and content.startswith(b"GET /papers/folder/one HTTP/1.1\r\n")
    assert b"AWS4-HMAC-SHA256 Credential=access/" in content


@pytest.mark.parametrize(
    "serve",
    [
        says("HTTP/1.1 500 E\nContent-Length: 0\n\n"),
        says("HTTP/1.1 200 OK\nContent-Length: 5\n\nab"),
        says("HTTP/1.1 404 N\nContent-Type: application/xml\nContent-Length: 3\n\n<a>"),
        says("HTTP/1.1 301 M\nLocation: http://127.0.0.1:1/\nContent-Length: 0\n\n"),
        lambda *_: None,
    ],
    ids=["failure", "cut short", "no XML", "moved", "hung up"],
)
def test_object_storage_that_answers_wrongly_is_unavailable(serve: Serve) -> None:
    with server(serve) as host:
        with pytest.raises(ServiceUnavailable):
            storage(host).read("a")
        with pytest.raises(ServiceUnavailable):
            storage(host).remove("a")
