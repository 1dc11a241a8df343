"""``GET /events?after=``: the log for who pulls, as a batch of CloudEvents 1.0 (JSON batch format).

One is what an event of the log is to an auditor, the same whenever it is asked for: its id is its position, and who
goes on after the last one misses nothing and reads nothing twice.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.rpc_routes import json_bytes

MEDIA_TYPE = "application/cloudevents-batch+json"
SCHEMA: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "data"],
        "properties": {
            "specversion": {"type": "string", "const": "1.0"},
            "id": {"type": "string", "description": "The position in the log."},
            "source": {"type": "string", "format": "uri-reference"},
            "type": {"type": "string", "description": "`applications.` and the event's kind."},
            "time": {"type": "string", "format": "date-time"},
            "subject": {"type": "string", "description": "The application."},
            "datacontenttype": {"type": "string", "const": "application/json"},
            "sequence": {"type": "string", "description": "The position with leading zeros, for sorting as text."},
            "data": {"type": "object", "additionalProperties": {}},
        },
    },
}


def batch(request: Request, service: str, result: Json) -> Response:
    """A page of the log; the next one is linked for as long as there is more."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Language, Authorization, Origin"}
    items = result["items"]
    if items:
        headers["Portal-Position"] = str(items[-1]["position"])
    if result["next_after"] is not None:
        headers["Link"] = f'<{_following(request, result["next_after"])}>; rel="next"'
    return Response(json_bytes([_event(service, item) for item in items]), 200, headers, MEDIA_TYPE)


def _event(service: str, item: Json) -> Json:
    return {
        "specversion": "1.0",
        "id": str(item["position"]),
        "source": f"/{service}",
        "type": f"{service}.{item['kind']}",
        "time": item["at"],
        "subject": item["application_id"],
        "sequence": f"{item['position']:019d}",
        "datacontenttype": "application/json",
        "data": item,
    }


def _following(request: Request, after: int) -> str:
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f"{quote(request.url.path)}?{urlencode([*parameters, ('after', after)])}"
