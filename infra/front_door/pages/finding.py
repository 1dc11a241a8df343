"""The way in: the home page, finding a procedure, and what a procedure asks and costs."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.pages.languages import exists
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import Visit

AT_A_TIME = 20
FACETS = ("field", "audience", "level", "agency_code", "province")
FACET_OF = {"agency_code": "agency"}
# The situation people are in, and the words by which the catalogue finds what belongs to it.
LIFE_EVENTS = ("birth", "marriage", "residence", "driving", "passport", "business", "land", "death")


async def home(visit: Visit) -> Response:
    return visit.page("home.html", life_events=LIFE_EVENTS)


async def find(visit: Visit) -> Response:
    query = visit.query
    chosen = {name: query.get(name, "")[:80] for name in FACETS}
    text = query.get("text", "")[:300]
    arguments: Json = {name: value for name, value in chosen.items() if value}
    if level := arguments.pop("level", ""):
        arguments["level"] = int(level) if level in ("1", "2", "3", "4") else None
    cursor = query.get("cursor") or None
    page = await visit.ask("catalog.search", text=text, limit=AT_A_TIME, cursor=cursor, facets=True, **arguments)
    facets = await _named(visit, page.get("facets", {}))
    facts: Json = {"text": text, "chosen": chosen, "facets": facets, "results": page}
    return visit.page("procedures.html", **facts, cursor=cursor, next_page=_next(visit, page))


def _next(visit: Visit, page: Json) -> str | None:
    if not page["next_cursor"]:
        return None
    return visit.link("/procedures", **{**visit.query, "cursor": page["next_cursor"]})


async def _named(visit: Visit, facets: Mapping[str, list[Json]]) -> list[Json]:
    """The facets worth choosing from; offices, of which the catalogue counts codes alone, by their names."""
    names = {}
    if len(facets.get("agency", [])) > 1:
        agencies = await visit.ask("catalog.agencies", limit=500)
        names = {agency["code"]: agency["name"] for agency in agencies["items"]}
    rows = []
    for name in FACETS:
        values = facets.get(FACET_OF.get(name, name), [])
        options = [(str(row["value"]), _label(visit, name, row, names), row["count"]) for row in values[:40]]
        if len(options) > 1 or visit.query.get(name):
            rows.append({"name": name, "options": options})
    return rows


def _label(visit: Visit, facet: str, row: Mapping[str, object], names: Mapping[str, object]) -> object:
    value = str(row["value"])
    if facet in ("level", "audience"):
        key = f"finding.{facet}_{value}"
        return visit.t(key) if exists(key) else value
    return row.get("name") or names.get(value) or value


async def procedure(visit: Visit) -> Response:
    definition = await visit.ask("catalog.procedure", code=visit.places["code"])
    return visit.page("procedure.html", procedure=definition)


PAGES = (
    Page("/", home),
    Page("/procedures", find),
    Page("/procedures/{code}", procedure),
)
