"""Exports: page after page from the platform, one stream to the caller; memory holds one page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.front_door.calls import DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.context import Context
from infra.front_door.files import disposition
from infra.front_door.gateway import Gateway
from infra.front_door.resources import Resource

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson", "xes": "application/xml"}
PAGED = {"jsonl", "csv", "xes"}  # pages that follow one another make one file; of other formats each page is one
PAGE = 500


async def export(gateway: Gateway, request: Request, context: Context, resource: Resource, arguments: Json) -> Response:
    """The whole as a file; with ``limit`` or ``cursor`` one page of it."""
    form = str(arguments.get("format", ""))
    all_pages = form in PAGED and not {"limit", "cursor"} & set(arguments) and resource.door.service == "applications"
    query = {**arguments, "limit": PAGE} if all_pages else arguments
    first = await gateway.ask(request, context, resource.door, query)
    headers = {"Cache-Control": "no-store", "Content-Disposition": disposition(f"{resource.door.service}.{form}")}
    media_type = str(first.get("media_type") or MEDIA_TYPES.get(form, "application/json"))
    if not all_pages:
        if cursor := first.get("next_cursor"):
            headers["Portal-Next-Cursor"] = str(cursor)
        return Response(_bytes(first["content"]), 200, headers, media_type)
    pages = _pages(gateway, request, context, resource, query, first)
    return StreamingResponse(pages, 200, headers, media_type)


async def _pages(
    gateway: Gateway,
    request: Request,
    context: Context,
    resource: Resource,
    query: Json,
    page: Json,
) -> AsyncIterator[bytes]:
    while True:
        yield _bytes(page["content"])
        if not page.get("next_cursor") or await request.is_disconnected():
            return
        try:
            page = await gateway.ask(request, context, resource.door, {**query, "cursor": page["next_cursor"]})
        except (PlatformRefusal, PlatformUnreachable, DeadlinePassed) as failed:
            logs.get().warning("export_cut", error=type(failed).__name__, call_id=context.call_id)
            raise  # the connection ends without its last chunk, so nobody takes the part for the whole


def _bytes(content: object) -> bytes:
    return content.encode() if isinstance(content, str) else json.dumps(content, ensure_ascii=False).encode()
