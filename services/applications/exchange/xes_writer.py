"""Histories as XES (IEEE 1849): one trace per application, one event per recorded event. Written in pieces.

What was imported goes out as it came in: activities under their own names, times, resources and attributes; that it
was imported, and when, is next to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from infra.chassis.json_types import Json

NAMESPACE = "http://www.xes-standard.org/"
HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="{NAMESPACE}">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<global scope="trace"><string key="concept:name" value="unknown"/></global>
<global scope="event"><string key="concept:name" value="unknown"/>\
<date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/></global>
<classifier name="Activity" keys="concept:name"/>
"""
# XML 1.0 has no way to write these characters at all.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


OF_THE_TRACE = ("HistoryImported", "ImportedHistoryErased")  # no step of the case itself


def xes(rows: Iterable[Json], *, first: bool = True, last: bool = True) -> Iterator[str]:
    """One XES document, in pieces. The rows of one application must come together.

    For a document made page by page: `first` and `last` say which page this is.
    """
    yield HEAD if first else ""
    current: str | None = None
    for row in rows:
        if row["application_id"] != current:
            if current is not None:
                yield "</trace>\n"
            current = row["application_id"]
            name = row["facts"].get("reference") or row["facts"].get("case") or current
            yield "<trace>" + _attribute("concept:name", name) + _attribute("portal:application_id", current)
        yield _event(row) if row["kind"] not in OF_THE_TRACE else ""
    yield ("</trace>\n" if current is not None else "") + ("</log>\n" if last else "")


def _event(row: Json) -> str:
    if row["kind"] == "ActivityImported":
        return _imported(row)
    by = row.get("by") or {}
    elements = [
        _attribute("concept:name", row["kind"]),
        _attribute("time:timestamp", row["at"], "date"),
        _attribute("lifecycle:transition", "complete"),
        _attribute("org:resource", by.get("account_id")),
        _attribute("org:role", by.get("role")),
        _attribute("org:group", by.get("agency_code")),
        _attribute("portal:version", row["version"], "int"),
        _attribute("portal:position", row.get("position"), "int"),
        _attribute("portal:status", row.get("status")),
        _attribute("portal:legal_basis", row.get("legal_basis")),
    ]
    facts = [_attribute(f"portal:{name}", value) for name, value in row["facts"].items()]
    return "<event>" + "".join(elements + facts) + "</event>\n"


def _imported(row: Json) -> str:
    facts = row["facts"]
    elements = [
        _attribute("concept:name", facts["activity"]),
        _attribute("time:timestamp", facts["occurred_at"], "date"),
        _attribute("org:resource", facts.get("resource")),
        _attribute("portal:imported_at", row["at"], "date"),
        _attribute("portal:version", row["version"], "int"),
        _attribute("portal:position", row.get("position"), "int"),
    ]
    reserved = {"concept:name", "time:timestamp", "org:resource"}
    others = [(name, value) for name, value in (facts.get("attributes") or {}).items() if name not in reserved]
    return "<event>" + "".join([*elements, *(_attribute(name, value) for name, value in others)]) + "</event>\n"


def _attribute(key: str, value: object, kind: str = "string") -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<{kind} key={quoteattr(key)} value={quoteattr(UNWRITABLE.sub('�', text))}/>"
