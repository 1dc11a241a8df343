"""An event as it travels: CloudEvents 1.0.2, structured JSON. What ``data`` has in it, the source's contract says."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from infra.chassis.json_types import Json


class CloudEvent(TypedDict):
    """What handlers get. ``time``: when it happened, ISO 8601; ``callid``: the call behind it, where there was one."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    data: Json
    callid: NotRequired[str]
    signature: NotRequired[str]
    salt: NotRequired[str]
