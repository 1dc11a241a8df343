"""Reaching the platform from a command: the running one, or the embedded default brought up and taken down."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from typing import Protocol

from infra.chassis.files import replace_text, text_of
from infra.chassis.json_types import Json
from infra.chassis.running.loader import tool, uncollected
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.wire_types import Cluster

OPERATOR = "operator"
LANGUAGES = ("vi", "en")


class Stoppable(Protocol):
    """What holds a connection."""

    def stop(self) -> None: ...


class Portal:
    """RPC to a platform: ``portal.as_(token)`` is a proxy such as front ends use."""

    def __init__(self, settings: Settings, timeout: float = 15) -> None:
        self.settings = settings
        self.timeout = timeout
        self._open: dict[tuple[str | None, str], tuple[Stoppable | None, Cluster]] = {}

    def as_(self, token: str | None = None, language: str = "vi") -> Cluster:
        """A cluster proxy carrying ``token``; kept open until :meth:`close`."""
        key = (token, language)
        if key not in self._open:
            context: Json = {"language": language, **({"auth_token": token} if token else {})}
            self._open[key] = self._opened(context)
        return self._open[key][1]

    def _opened(self, context: dict[str, object]) -> tuple[Stoppable | None, Cluster]:
        """What is to be stopped in the end, and the proxy."""
        from infra.chassis.messaging.standalone import platform_proxy

        holder = platform_proxy(self.settings.amqp_uri, context_data=context, timeout=self.timeout)
        return holder, holder.start()

    def sign_in(self, username: str, password: str, language: str = "vi") -> str:
        token: str = self.as_(None, language).identity.sign_in(username=username, password=password)["access_token"]
        return token

    def close(self) -> None:
        for holder, _ in self._open.values():
            if holder is not None:
                holder.stop()
        self._open.clear()


class PortalInProcess(Portal):
    """The embedded default's doors, without the platform: for what only asks (:mod:`infra.embedded.in_process`)."""

    def __init__(self, settings: Settings) -> None:
        with uncollected():
            from infra.embedded.in_process import DoorsInProcess

        super().__init__(settings)
        self._doors = DoorsInProcess(settings)

    def _opened(self, context: dict[str, object]) -> tuple[Stoppable | None, Cluster]:
        return None, self._doors.proxy(context)

    def close(self) -> None:
        self._open.clear()
        self._doors.close()


@contextlib.contextmanager
def portal_session(
    settings: Settings, services: tuple[str, ...] | None = None, timeout: float = 15
) -> Iterator[Portal]:
    """The platform of these settings. With nothing named, the embedded one is brought up and taken down after.

    ``services``: those the command needs, when not all; only they are brought up.
    """
    with contextlib.ExitStack() as stack:
        if settings.embedded:
            from infra.embedded.platform import Platform

            platform = Platform(settings, list(services) if services else None)
            platform.migrate()
            first_operator(settings)
            platform.start()
            stack.callback(platform.stop)
        portal = Portal(settings, timeout)
        stack.callback(portal.close)
        yield portal


def language_of(settings: Settings) -> str:
    """What refusals and reports are to be in."""
    chosen = settings.get("PORTAL_LANGUAGE", "vi")
    if chosen not in LANGUAGES:
        raise SettingMissing("PORTAL_LANGUAGE", f"{chosen!r} is neither vi nor en")
    return chosen


def first_operator(settings: Settings) -> dict[str, str]:
    """Development: operator account and service credentials; the password is made once and stored under the secrets."""
    path = settings.secret_folder() / "operator.json"
    if not path.exists():
        replace_text(path, json.dumps({"username": OPERATOR, "password": secrets.token_urlsafe(18)}))
    credentials: dict[str, str] = json.loads(text_of(path))
    tool("identity", "bootstrap")(settings, full_name="Quản trị hệ thống", **credentials)
    return credentials
