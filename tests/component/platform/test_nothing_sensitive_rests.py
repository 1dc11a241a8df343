"""After a journey with passwords, codes, tokens and secrets none of them lies anywhere in the clear.

Every table of the five databases, every file, every queue and the log of a whole platform in one process.
"""

from __future__ import annotations

import contextlib
import io
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from kombu import Connection, Exchange, Producer
from nameko.exceptions import RemoteError

from infra.chassis import logs
from infra.chassis.contracts import contract_of
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.settings import SERVICES
from tests.contract.test_sensitive_members import SECRET_DOORS
from tests.support import storage_dump
from tests.support.installation import Installation, eventually, on_the_embedded_default

ONLINE = "3.000347"  # a procedure that can be filed online
FIRST, SECOND = "kanari mật khẩu thứ nhất", "kanari mật khẩu thứ hai"
GUESSED = "KANARI-ĐOÁN-MÒ"


class Journey:
    """What somebody does who has an account, a device and an application; ``secrets``: what must lie nowhere."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.secrets: dict[str, str] = {"first password": FIRST, "second password": SECOND, "a guess": GUESSED}

    def take(self) -> None:
        tokens = self._registered()
        self._with_a_device(tokens["access_token"])
        self._applies(tokens["access_token"])
        self._as_a_service()
        self._subscribes()
        self._guesses()
        self._unanswered(tokens["access_token"])

    def _registered(self) -> dict[str, Any]:
        expected = self.installation.rpc(None).identity.sample_people()["items"][-1]
        self.username = expected["citizen_number"]
        claimed = {key: expected[key] for key in ("citizen_number", "full_name", "birth_date")}
        claimed |= {"phone": "+84913000099", "email": "kanari@example.vn", "password": FIRST}
        self._call("identity", "register_citizen", **claimed, command_id=str(uuid.uuid4()))
        first = self._signed_in(FIRST)
        self._call("identity", "change_password", first["access_token"], old=FIRST, new=SECOND)
        tokens = self._call("identity", "refresh", refresh_token=self._signed_in(SECOND)["refresh_token"])
        self._know("refreshed", tokens)
        self._call("identity", "sign_out", refresh_token=self._signed_in(SECOND)["refresh_token"])
        return dict(tokens)

    def _with_a_device(self, token: str) -> None:
        enrolled = self._call("identity", "enrol_otp", token, password=SECOND)
        self.secrets["seed"] = enrolled["secret"]
        confirmed = self._call("identity", "confirm_otp", token, code=pyotp.TOTP(enrolled["secret"]).now())
        self.secrets |= {f"recovery code {code}": code for code in confirmed["recovery_codes"]}
        self._signed_in(SECOND, otp=confirmed["recovery_codes"][0])

    def _applies(self, token: str) -> None:
        order = {"procedure_code": ONLINE, "channel": "online", "command_id": str(uuid.uuid4())}
        started = self._call("applications", "start", token, **order)
        assert self._call("applications", "start", token, **order) == started
        self.secrets["tracking code"] = started["tracking_code"]
        lookup = {name: started[name] for name in ("reference", "tracking_code")}
        tracked = self._call("applications", "track", **lookup, min_position=started["position"])
        assert tracked["reference"] == started["reference"]

    def _as_a_service(self) -> None:
        name = self.installation.home / "secrets" / "client-applications.secret"
        self.client_secret = name.read_text().strip()
        answer = self._call("identity", "client_token", client_id="applications", client_secret=self.client_secret)
        self.secrets["token of a service"] = answer["access_token"]

    def _subscribes(self) -> None:
        operator = self.installation.token("operator")
        order: dict[str, Any] = {"command_id": str(uuid.uuid4())}
        order |= {"url": "http://127.0.0.1:9/hooks", "event_types": ["application_accepted.v1"]}
        subscription = self._call("notifications", "subscribe", operator, **order)
        assert self._call("notifications", "subscribe", operator, **order) == subscription
        self.secrets["webhook secret"] = subscription["secret"]

    def _guesses(self) -> None:
        """Wrong ones, where they belong and elsewhere, and under names that nobody knows."""
        for service, door in SECRET_DOORS:
            contract = contract_of(service)
            example = {**contract.rpc[door]["example"]["parameters"]}
            wrong = {**example, **dict.fromkeys(contract.sensitive(door), GUESSED)}
            for arguments in (wrong, {**example, "otp_code": GUESSED, "secret_id": GUESSED}):
                with contextlib.suppress(RemoteError):
                    self._call(service, door, **arguments)

    def _unanswered(self, token: str) -> None:
        """Calls whose sender forgot to say where the answer goes, and half of one; all end in the quarantine."""
        with Connection(self.installation.portal.settings.amqp_uri) as connection:
            exchange = Exchange("nameko-rpc", type="topic", no_declare=True)
            sender = Producer(connection.channel(), exchange, auto_declare=False)
            for service, door in SECRET_DOORS:
                kwargs = dict.fromkeys(contract_of(service).sensitive(door), f"{FIRST} {SECOND}")
                body = json.dumps({"args": [GUESSED], "kwargs": {**kwargs, "passwrd": FIRST}})
                for sent in (body, body[:-1]):
                    sender.publish(
                        sent,
                        routing_key=f"{service}.{door}",
                        content_type="application/json",
                        content_encoding="utf-8",
                        headers={"nameko.auth_token": token},
                    )
        identity = DeadLetters.of(self.installation.portal.settings, "identity")
        doors = [door for service, door in SECRET_DOORS if service == "identity"]
        eventually(lambda: len(identity.unresolved()) >= 2 * len(doors), "the calls lie in the quarantine")

    def _signed_in(self, password: str, **more: str) -> dict[str, Any]:
        tokens = self._call("identity", "sign_in", username=self.username, password=password, **more)
        self._know(f"sign-in {len(self.secrets)}", tokens)
        return dict(tokens)

    def _know(self, when: str, tokens: dict[str, Any]) -> None:
        self.secrets |= {f"{when}: {name}": tokens[name] for name in ("access_token", "refresh_token")}

    def _call(self, service: str, door: str, token: str | None = None, /, **arguments: Any) -> Any:
        return getattr(getattr(self.installation.portal.as_(token), service), door)(**arguments)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Journey, str]]:
    """A journey, and what the process logged meanwhile."""
    folder: Path = tmp_path_factory.mktemp("canaries")
    with on_the_embedded_default(folder) as installation, contextlib.redirect_stderr(io.StringIO()) as log:
        logs.set_up("DEBUG")
        journey = Journey(installation)
        journey.take()
        installation.quiet()
        yield journey, log.getvalue()


def clear(stores: Iterator[storage_dump.Store], secrets: dict[str, str]) -> list[str]:
    """Where which secret lies as it is, or as JSON escapes it."""
    spelled = {what: {secret, json.dumps(secret)[1:-1]} for what, secret in secrets.items()}
    return [
        f"{what} in {name}" for name, text in stores for what, forms in spelled.items() if any(f in text for f in forms)
    ]


def test_no_table_has_any_of_them(journey: tuple[Journey, str]) -> None:
    traveller, _ = journey
    stores = list(storage_dump.tables(traveller.installation.portal.settings))
    assert {name.partition(".")[0] for name, text in stores if text} == set(SERVICES)
    assert clear(iter(stores), traveller.secrets) == []


def test_no_file_has_any_of_them(journey: tuple[Journey, str]) -> None:
    traveller, _ = journey
    assert clear(storage_dump.files(traveller.installation.home), traveller.secrets) == []


def test_no_queue_has_any_of_them(journey: tuple[Journey, str]) -> None:
    traveller, _ = journey
    stores = dict(storage_dump.queues(traveller.installation.portal.settings))
    assert stores["queue portal.quarantine"].count("body_base64") == 2 * len(SECRET_DOORS)
    assert clear(iter(stores.items()), traveller.secrets) == []


def test_the_log_has_none_of_them(journey: tuple[Journey, str]) -> None:
    traveller, log = journey
    assert '"refused"' in log and '"message_quarantined"' in log
    lines = ((f"log: {line[:200]}", line) for line in log.splitlines())
    assert clear(lines, {**traveller.secrets, "client secret": traveller.client_secret}) == []
