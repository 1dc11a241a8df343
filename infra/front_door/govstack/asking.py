"""One request of GovStack's API: who asks, what of it goes on, and how several calls are one command."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from infra.chassis.json_types import Json
from infra.front_door.arguments import from_query
from infra.front_door.context import Context, idempotency_key, language_of
from infra.front_door.errors import MalformedRequest
from infra.front_door.gateway import Gateway
from infra.front_door.surface import doors

CLIENT = "information-mediator-client"  # INSTANCE/CLASS/MEMBER/SUBSYSTEM; the member is an agency's code


@dataclass
class Asking:
    """``call`` is one call of the platform, in the name of who asks."""

    gateway: Gateway
    request: Request
    caller: Context
    language: str
    key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def of(cls, gateway: Gateway, request: Request) -> Asking:
        caller = gateway.context_of(request)
        language = language_of(request.headers.get("accept-language", ""))
        key = idempotency_key(request)
        return cls(gateway, request, caller, language, **({"key": key} if key else {}))

    async def call(self, name: str, /, **arguments: object) -> Json:
        service, _, method = name.partition(".")
        door = doors()[service, method]
        fields = {name: value for name, value in arguments.items() if value is not None}
        if door.takes_command:
            fields["command_id"] = self.command(name)
        return await self.gateway.ask(self.request, self.caller, door, fields)

    def command(self, step: str) -> str:
        """The id of one step: sent again under its ``Idempotency-Key``, a request has one effect."""
        return str(uuid.uuid5(uuid.UUID(self.key), step))

    @property
    def agency(self) -> str | None:
        """The member of the information mediator's client, when it is said: an office asks for its own."""
        client = self.request.headers.get(CLIENT, "").strip()
        if not client:
            return None
        parts = client.split("/")
        if len(parts) != 4 or not all(parts):
            raise MalformedRequest(
                reason="Information-Mediator-Client có dạng INSTANCE/CLASS/MEMBER/SUBSYSTEM",
                reason_en="Information-Mediator-Client is INSTANCE/CLASS/MEMBER/SUBSYSTEM",
            )
        return parts[2]

    def query(self) -> Mapping[str, str]:
        return from_query(self.request.scope["query_string"])

    def place(self, name: str) -> str:
        return str(self.request.path_params[name])

    def address(self, application_id: str) -> str:
        """Where the papers of an application are."""
        return f"{str(self.request.base_url).rstrip('/')}/applications/{application_id}/attachments"


def wrong(pointer: str, reason: str, reason_en: str) -> MalformedRequest:
    return MalformedRequest(reason=f"{pointer}: {reason}", reason_en=f"{pointer}: {reason_en}")


def text_in(body: Json, name: str) -> str | None:
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise wrong(f"/{name}", "phải là chữ", "must be text")


def object_in(body: Json, name: str) -> Json:
    value = body.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise wrong(f"/{name}", "phải là đối tượng", "must be an object")
