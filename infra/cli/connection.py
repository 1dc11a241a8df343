"""Reaching the platform from a command: the running one, or the embedded default brought up and taken down."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

from nameko.standalone.rpc import ClusterRpcProxy

from infra.chassis.loader import entry
from infra.chassis.settings import Settings

OPERATOR = "operator"


class Portal:
    """RPC to a platform: ``portal.as_(token)`` is a proxy such as front ends use."""

    def __init__(self, settings: Settings, timeout: float = 15) -> None:
        self.settings = settings
        self.timeout = timeout
        self._open: dict[tuple[str | None, str], tuple[Any, Any]] = {}

    def as_(self, token: str | None = None, language: str = "vi") -> Any:
        """A cluster proxy carrying ``token``; kept open until :meth:`close`."""
        key = (token, language)
        if key not in self._open:
            context: dict[str, Any] = {"language": language, **({"auth_token": token} if token else {})}
            holder = ClusterRpcProxy({"AMQP_URI": self.settings.amqp_uri}, context_data=context, timeout=self.timeout)
            self._open[key] = (holder, holder.start())
        return self._open[key][1]

    def sign_in(self, username: str, password: str) -> str:
        token: str = self.as_().identity.sign_in(username=username, password=password)["access_token"]
        return token

    def close(self) -> None:
        for holder, _ in self._open.values():
            holder.stop()
        self._open.clear()


@contextlib.contextmanager
def reached(settings: Settings) -> Iterator[Portal]:
    """The platform of these settings. With nothing named, the embedded one is brought up and taken down after."""
    with contextlib.ExitStack() as stack:
        if settings.embedded:
            from infra.embedded.platform import Platform

            platform = Platform(settings)
            platform.migrate()
            first_operator(settings)
            platform.start()
            stack.callback(platform.stop)
        portal = Portal(settings)
        stack.callback(portal.close)
        yield portal


def first_operator(settings: Settings) -> dict[str, str]:
    """Development: operator account and service credentials; the password is made once and kept under the secrets."""
    kept = settings.secret_folder() / "operator.json"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(json.dumps({"username": OPERATOR, "password": secrets.token_urlsafe(18)}))
    credentials: dict[str, str] = json.loads(kept.read_text())
    entry("identity", "bootstrap", "bootstrap")(settings, full_name="Quản trị hệ thống", **credentials)
    return credentials


def desk_token(portal: Portal, role: str) -> str:
    """A token for a desk command.

    PORTAL_TOKEN; or PORTAL_USERNAME with PORTAL_PASSWORD; or, in development, the seeded official's.
    """
    settings = portal.settings
    if token := settings.get("PORTAL_TOKEN"):
        return token
    if username := settings.get("PORTAL_USERNAME"):
        return portal.sign_in(username, settings.require("PORTAL_PASSWORD"))
    seeded = settings.secret_folder() / "seed.json"
    if settings.development and seeded.exists():
        official = json.loads(seeded.read_text())["officials"][role]
        return portal.sign_in(official["username"], official["password"])
    settings.require("PORTAL_TOKEN")
    raise AssertionError("unreachable")
