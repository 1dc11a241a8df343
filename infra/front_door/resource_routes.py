"""What the rows of :mod:`resources` do: gather arguments, ask, answer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.chassis.json_types import Json
from infra.front_door import cloud_events, exports, files, receipts, streams
from infra.front_door.answers import answer_of
from infra.front_door.arguments import from_query, typed
from infra.front_door.context import idempotency_key
from infra.front_door.errors import IdempotencyKeyMissing, MalformedRequest, MediaTypeNotSupported, MethodNotAllowed
from infra.front_door.gateway import Gateway, json_object
from infra.front_door.resources import RESOURCES, VERSION, Resource

Endpoint = Callable[[Request], Awaitable[Response]]
POSITION = re.compile(r"\d{1,18}", re.ASCII)
READING = {"GET", "HEAD"}


def resource_routes(gateway: Gateway) -> list[Route]:
    """One route for each path, whatever the verb, so that a wrong one is answered with all right ones, and a fixed path
    is never taken for a template's.
    """
    paths: dict[str, dict[str, Resource]] = defaultdict(dict)
    for resource in RESOURCES:
        paths[resource.path][resource.verb] = resource
    fixed_first = sorted(paths.items(), key=lambda item: "{" in item[0])
    return [_route(path, _endpoint(gateway, verbs)) for path, verbs in fixed_first]


def _route(path: str, endpoint: Endpoint) -> Route:
    route = Route(path, endpoint)
    route.methods = None  # the endpoint refuses: the router would go on to the next path that fits
    return route


def _methods(verbs: dict[str, Resource]) -> list[str]:
    return sorted({*verbs, *(["HEAD"] if "GET" in verbs else [])})


def _endpoint(gateway: Gateway, verbs: dict[str, Resource]) -> Endpoint:
    async def serve(request: Request) -> Response:
        resource = verbs.get("GET" if request.method == "HEAD" else request.method)
        if resource is None:
            allowed = ", ".join(_methods(verbs))
            raise MethodNotAllowed(allowed=allowed, headers={"Allow": allowed})
        return await _serve(gateway, resource, request)

    return serve


async def _serve(gateway: Gateway, resource: Resource, request: Request) -> Response:
    caller = gateway.context_of(request)
    arguments = await _arguments(resource, request)
    if resource.kind == "feed":
        arguments = streams.resumed(request, arguments)
    if resource.kind == "feed" and streams.is_asked_for(request):
        return await streams.stream(gateway, request, caller, resource.door, arguments)
    if resource.kind == "export":
        return await exports.export(gateway, request, caller, resource, arguments)
    result = await gateway.ask(request, caller, resource.door, arguments)
    if resource.kind == "download":
        return files.download(request, result)
    if resource.kind == "cloudevents":
        return cloud_events.batch(request, resource.door.service, result)
    if resource.kind == "receipt" and receipts.asked_for(request) != "application/json":
        return receipts.printed(request, result)
    return answer_of(resource, request, result, arguments)


async def _arguments(resource: Resource, request: Request) -> Json:
    """From the path, then query or body; a name that is in the path or a header is nowhere else."""
    door = resource.door
    query = from_query(request.scope["query_string"])
    if resource.verb in READING or resource.verb == "DELETE":
        inner = {name: typed(door, name, text) for name, text in query.items()}
        if resource.verb == "DELETE":
            inner |= await json_object(request)
    elif query:
        raise MalformedRequest(reason="đối số đặt trong nội dung", reason_en="arguments go into the body here")
    else:
        inner = await _body(resource, request)
    places = {name: typed(door, name, str(request.path_params[name])) for name in resource.places}
    if twice := set(inner) & {*places, "command_id"}:
        place = ", ".join(sorted(twice))
        raise MalformedRequest(reason=f"thừa: {place}", reason_en=f"it stands elsewhere already: {place}")
    return {**inner, **places, **_of_headers(resource, request)}


async def _body(resource: Resource, request: Request) -> Json:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if resource.kind != "upload" or media_type == "application/json":
        return await json_object(request)
    if media_type != "multipart/form-data":
        raise MediaTypeNotSupported(wanted="multipart/form-data, application/json")
    return await files.upload(request)


def _of_headers(resource: Resource, request: Request) -> Json:
    door = resource.door
    arguments: Json = {}
    if door.takes_command:
        arguments["command_id"] = idempotency_key(request)
        if arguments["command_id"] is None:
            raise IdempotencyKeyMissing()
    if match := request.headers.get("if-match"):
        arguments.update(_expected(resource, match))
    position = request.headers.get("portal-position")
    if position is not None and "min_position" in door.parameters:
        if not POSITION.fullmatch(position):
            raise MalformedRequest(reason="Portal-Position là một số", reason_en="Portal-Position is a number")
        arguments["min_position"] = int(position)
    return arguments


def _expected(resource: Resource, match: str) -> Json:
    if match.strip() == "*":
        return {}
    version = VERSION.fullmatch(match.strip())
    if resource.expected is None or version is None:
        reason_en = "If-Match takes one ETag of a version" if resource.expected else "If-Match is not taken here"
        reason = "If-Match nhận một ETag phiên bản" if resource.expected else "địa chỉ này không nhận If-Match"
        raise MalformedRequest(reason=reason, reason_en=reason_en)
    return {resource.expected: int(version[1])}
