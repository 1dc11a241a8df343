"""nginx before the front door, with the configuration that operators are given."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.service.front_door.wire_service import Service
from tests.support import nginx
from tests.support.front_door import FrontDoor, events_in, eventually, front_door
from tests.support.local_servers import free_port

MAKE_SECRETS = Path(__file__).resolve().parents[3] / "infra" / "docker" / "make-secrets"
SOONER = 15.0  # seconds; a heartbeat would push out what is held back


@dataclass
class Site:
    """The front door as the world reaches it."""

    url: str
    authority: str
    operations_port: int

    def ask(self, method: str, path: str, **how: Any) -> requests.Response:
        return requests.request(method, self.url + path, verify=self.authority, timeout=SOONER, **how)

    def open_streams(self) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.operations_port}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("portal_http_open_streams "))


@pytest.fixture(scope="module")
def site(wire: str, door: FrontDoor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, str(MAKE_SECRETS), str(folder)], check=True, capture_output=True)
    port = free_port()
    env = {"FRONT_DOOR_TRUSTED_PROXIES": "127.0.0.1", "OPERATIONS_PORT": str(port)}
    with front_door(folder, wire, **env) as inner:
        files = (folder / "front_door_tls_certificate", folder / "front_door_tls_key")
        with nginx.before(inner.port, *files) as url:
            yield Site(url, str(folder / "tls_ca"), port)


@contextlib.contextmanager
def listening_to(site: Site) -> Iterator[Iterator[dict[str, str]]]:
    headers = {"Accept": "text/event-stream", "Authorization": "Bearer a.b.c"}
    with site.ask("GET", "/changes", headers=headers, stream=True) as answer:
        assert answer.status_code == 200, answer.text
        yield events_in(answer)


def test_a_stream_is_not_held_back_and_ends_with_its_client(site: Site, service: Service) -> None:
    def one_more(body: Any) -> Any:
        position = (body["kwargs"].get("after") or 0) + 1
        answer = {"items": [{"position": position}], "position": position, "more": False, "resync": False}
        return {"result": answer, "error": None}

    service.answer = one_more
    with listening_to(site) as events:
        changes = [next(event for event in events if event.get("event") == "change")["id"] for _ in range(2)]
        assert changes == ["1", "2"] and site.open_streams() == 1
    eventually(lambda: site.open_streams() == 0, "the stream ends with its client")


def test_a_client_is_who_nginx_says_and_not_who_it_claims_to_be(site: Site, service: Service) -> None:
    claims = {"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1"}
    site.ask("POST", "/sessions", json={"username": "a", "password": "b"}, headers=claims)
    assert [call.headers["nameko.source"] for call in service.calls] == ["127.0.0.1"]
