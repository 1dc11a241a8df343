"""What happens to an application while its page is open, as server-sent events for the page's script.

The feed is the person's own; the script looks for its application in it. ``version`` is the one the page shows: where
the application has moved on since, the first event says so.
"""

from __future__ import annotations

from starlette.responses import Response

from infra.front_door import streams
from infra.front_door.pages.navigation import CITIZEN
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import Visit
from infra.front_door.surface import doors


async def live(visit: Visit) -> Response:
    async def moved_on() -> bool:
        document = await visit.ask("applications.application", application_id=visit.places["application_id"])
        return str(document["version"]) != visit.query.get("version", "")

    arguments, door = streams.resumed(visit.request, {}), doors()["applications", "changes"]
    missed = None if "after" in arguments else moved_on
    gateway = visit.shared.gateway
    return visit.answer(await streams.stream(gateway, visit.request, visit.caller(), door, arguments, missed))


PAGES = (Page("/applications/{application_id}/live", live, roles=CITIZEN),)
