"""The operations of GovStack's Registration API 0.1.1 below ``/govstack/registration``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.front_door.errors import MethodNotAllowed
from infra.front_door.gateway import Gateway
from infra.front_door.govstack import files, tasks
from infra.front_door.govstack.asking import Asking
from infra.front_door.rpc_routes import as_json

Operation = Callable[[Asking], Awaitable[object]]
BASE = "/govstack/registration"
OPERATIONS: dict[str, dict[str, Operation]] = {
    "/services": {"GET": files.services},
    "/services/{service_key}": {"GET": files.service},
    "/services/{service_key}/eForms": {"GET": files.forms},
    "/services/{service_key}/applications": {"POST": files.submit},
    "/eForms/{form_id}": {"GET": files.form},
    "/documents": {"POST": files.upload},
    "/applications": {"GET": files.applications},
    "/applications/{file_id}": {"GET": files.file, "PUT": files.update},
    "/tasks": {"GET": tasks.tasks},
    "/tasks/{task_id}": {"GET": tasks.task},
    "/tasks/{task_id}/complete": {"POST": tasks.complete},
}


def govstack_routes(gateway: Gateway) -> list[Route]:
    return [_route(gateway, path, operations) for path, operations in OPERATIONS.items()]


def _route(gateway: Gateway, path: str, operations: dict[str, Operation]) -> Route:
    async def serve(request: Request) -> Response:
        operation = operations.get(request.method)
        if operation is None:
            allowed = ", ".join(sorted(operations))
            raise MethodNotAllowed(allowed=allowed, headers={"Allow": allowed})
        return as_json(await operation(Asking.of(gateway, request)))

    route = Route(BASE + path, serve)
    route.methods = None  # another verb is answered with those there are
    return route
