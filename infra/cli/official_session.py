"""Commands that ask as an official: who signs in, with what, in which language."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from infra.chassis import logs
from infra.chassis.files import text_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import Unauthenticated
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.wire_types import Doors, Method
from infra.cli.connection import Portal, PortalInProcess, language_of, portal_session

SERVICES = ("identity", "catalog", "applications")  # those an official's command asks


@contextlib.contextmanager
def official_session(
    role: str = "auditor",
    settings: Settings | None = None,
    timeout: float = 15,
    services: tuple[str, ...] = SERVICES,
    asks_only: bool = True,
) -> Iterator[OfficialRpc]:
    """RPC as an official of ``role``, in the language of PORTAL_LANGUAGE; ``services``: those the command needs.

    On the embedded default the platform comes up only for what does more than ask, and for the first officials.
    """
    logs.set_up("CRITICAL")
    settings = settings or Settings.from_environment()
    language = language_of(settings)
    with _portal(settings, services, timeout, asks_only) as portal:
        yield OfficialRpc(portal, role, language)


def _portal(
    settings: Settings, services: tuple[str, ...], timeout: float, asks_only: bool
) -> contextlib.AbstractContextManager[Portal]:
    if asks_only and settings.embedded and (_credentials_set(settings) or _seeded(settings).exists()):
        return contextlib.closing(PortalInProcess(settings))
    return portal_session(settings, services, timeout)


def _credentials_set(settings: Settings) -> bool:
    return bool(settings.get("PORTAL_TOKEN") or settings.get("PORTAL_USERNAME"))


def _seeded(settings: Settings) -> Path:
    """Where development's officials are."""
    return settings.secret_folder() / "seed.json"


class OfficialRpc:
    """``rpc.catalog.search(…)`` as an official, who signs in again when the token ended: a command may take hours."""

    def __init__(self, portal: Portal, role: str, language: str) -> None:
        self._portal, self._role, self._language = portal, role, language
        self._token = official_token(portal, role, language)

    def __getattr__(self, service: str) -> Doors:
        if service.startswith("_"):
            raise AttributeError(service)
        return _Service(self, service)

    def _call(self, service: str, method: str, arguments: Json) -> Json:
        from nameko.exceptions import RemoteError

        try:
            return self._ask(service, method, arguments)
        except RemoteError as refused:
            if refused.exc_type != Unauthenticated.__name__:
                raise
            fresh = official_token(self._portal, self._role, self._language)
            if fresh == self._token:  # it was given (PORTAL_TOKEN), and nobody here can get another
                raise
        self._token = fresh
        return self._ask(service, method, arguments)

    def _ask(self, service: str, method: str, arguments: Json) -> Json:
        doors: Doors = getattr(self._portal.as_(self._token, self._language), service)
        answer: Json = getattr(doors, method)(**arguments)
        return answer


class _Service:
    def __init__(self, rpc: OfficialRpc, name: str) -> None:
        self._rpc, self._name = rpc, name

    def __getattr__(self, method: str) -> Method:
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda **arguments: self._rpc._call(self._name, method, arguments)


def official_token(portal: Portal, role: str, language: str = "vi") -> str:
    """A token for a desk command.

    PORTAL_TOKEN; or PORTAL_USERNAME with PORTAL_PASSWORD; or, in development, the seeded official's. The embedded
    default gets its officials here if it has none yet: without them nobody could use it.
    """
    settings = portal.settings
    if token := settings.get("PORTAL_TOKEN"):
        return token
    if username := settings.get("PORTAL_USERNAME"):
        return portal.sign_in(username, settings.require("PORTAL_PASSWORD"), language)
    path = _seeded(settings) if settings.development else None
    if path and not path.exists() and settings.embedded:
        from infra.cli.seed import seed

        seed(settings, portal, catalogue=False)
    if path is None or not path.exists():
        raise SettingMissing(
            "PORTAL_TOKEN",
            "an access token of identity (or give PORTAL_USERNAME and PORTAL_PASSWORD; in development: portal seed)",
        )
    official = json.loads(text_of(path))["officials"][role]
    return portal.sign_in(official["username"], official["password"], language)
