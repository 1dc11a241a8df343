"""From one HTTP request to one call of the platform and back: what all routes have in common."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from infra.chassis.json_limits import MAX_DEPTH, MAX_VALUES, MemberTwice, members_once, too_deep, too_many
from infra.chassis.json_types import Json
from infra.front_door import context, devices
from infra.front_door.calls import Call, Platform
from infra.front_door.errors import CommandRunning, MalformedRequest, MediaTypeNotSupported, RequestsTooFrequent
from infra.front_door.feeds import Feeds
from infra.front_door.rates import Buckets, account_key
from infra.front_door.surface import Door

OWN_RATE = {
    ("identity", "sign_in"): "sign-in",
    ("identity", "begin_eid_sign_in"): "sign-in",
    ("identity", "complete_eid_sign_in"): "sign-in",
    ("identity", "client_token"): "sign-in",
    ("interchange", "open_session"): "sign-in",
    ("identity", "register_citizen"): "sign-in",
    ("identity", "confirm_registration"): "sign-in",
    ("identity", "request_password_reset"): "sign-in",
    ("identity", "reset_password"): "sign-in",
    ("identity", "sign_in_to_authorize"): "sign-in",
    ("applications", "track"): "tracking",
    ("catalog", "search"): "search",
    ("catalog", "suggest"): "search",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A command on its way: the same again joins it, another under its key is refused."""

    arguments: Json
    answer: asyncio.Future[Json]


class Gateway:
    """``ask`` is the one way from a route to the platform."""

    def __init__(self, platform: Platform, buckets: Buckets, feeds: Feeds) -> None:
        self.platform, self.feeds, self._buckets = platform, feeds, buckets
        self._running: dict[tuple[str, ...], Running] = {}

    def context_of(
        self,
        request: Request,
        *,
        within: float = context.WITHIN,
        anonymous: bool = False,
        language: str | None = None,
    ) -> context.Context:
        """The request's context; counts it against the rates of its client and account.

        ``anonymous``: Authorization is not a person's here; ``language``: as the page is, whatever the browser says.
        """
        state = request.scope["state"]
        headers = context.headers_of(request.scope)
        if anonymous:
            headers.pop("authorization", None)
        if language is not None:
            headers["accept-language"] = language
        state["language"] = context.language_of(headers.get("accept-language", ""))
        self.count_client(request)
        caller = context.context_of(headers, state["call_id"], within=within)
        self.count_account(caller)
        return caller

    def count_client(self, request: Request) -> None:
        self._count("client", client_of(request))

    def count_account(self, caller: context.Context) -> None:
        if caller.token:
            self._count("account", account_key(caller.token))

    async def ask(self, request: Request, caller: context.Context, door: Door, arguments: Json) -> Json:
        """The platform's answer; a refusal is an exception that the application turns into a problem."""
        request.scope["state"]["service"] = door.service
        headers = caller.headers()
        if own := OWN_RATE.get((door.service, door.method)):
            self._count(own, client_of(request))
        if own == "sign-in":
            headers["nameko.source"] = network_of(client_of(request))
        if devices.knows_devices(door):
            call = Call(
                door.service, door.method, devices.with_device(request, door, arguments), headers, caller.within
            )
            return devices.to_cookie(request, arguments, await self.platform.call(call))
        repeatable = door.repeatable(arguments)
        call = Call(door.service, door.method, arguments, headers, caller.within, repeatable)
        command_id = arguments.get("command_id") if door.takes_command else None
        if not isinstance(command_id, str):
            return await self.platform.call(call)
        return await self._once((door.service, door.method, caller.token or "", command_id), call)

    async def _once(self, key: tuple[str, ...], call: Call) -> Json:
        """The same command again while it runs waits for the one answer; nothing is kept after it."""
        if running := self._running.get(key):
            if running.arguments != call.arguments:
                raise CommandRunning()
            return await asyncio.shield(running.answer)
        answer = asyncio.ensure_future(self.platform.call(call))
        self._running[key] = Running(call.arguments, answer)
        answer.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(answer)

    def _count(self, kind: str, whom: str) -> None:
        if wait := self._buckets.wait(kind, whom):
            seconds = int(wait) + 1
            raise RequestsTooFrequent(seconds=seconds, headers={"Retry-After": str(seconds)})


def client_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def network_of(client: str) -> str:
    """Where a client is, as identity counts attempts: its address; of IPv6 the network, whose addresses are free."""
    try:
        address = ip_address(client)
    except ValueError:
        return client[:80]
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((int(address), 64), strict=False))
    return str(address)


async def json_object(request: Request) -> Json:
    """The request's body as a JSON object; nothing is parsed that is too large, too deep or of another type."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if not body and media_type in ("", "application/json"):  # some clients always name the type
        return {}
    if media_type != "application/json":
        raise MediaTypeNotSupported(wanted="application/json", headers={"Accept": "application/json"})
    return object_of(body)


def object_of(body: bytes) -> Json:
    """A JSON object; separators are counted before it is parsed, so that a bomb costs its bytes and no more."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES + MAX_DEPTH:
        raise MalformedRequest(reason=f"nhiều hơn {MAX_VALUES} giá trị", reason_en=f"more than {MAX_VALUES} values")
    try:
        value = json.loads(body, parse_constant=_no_constant, object_pairs_hook=members_once)
    except RecursionError:
        value = None
    except MemberTwice:
        raise MalformedRequest(reason="một trường xuất hiện hai lần", reason_en="a member stands in it twice") from None
    except ValueError:
        raise MalformedRequest(reason="không phải JSON (UTF-8)", reason_en="it is no JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise MalformedRequest(reason="cần một đối tượng JSON", reason_en="a JSON object is wanted")
    if too_deep(value) or too_many(value):
        raise MalformedRequest(reason=f"lồng sâu quá {MAX_DEPTH} tầng", reason_en=f"nested deeper than {MAX_DEPTH}")
    return value


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
