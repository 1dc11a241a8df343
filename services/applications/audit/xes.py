"""Histories as XES (IEEE 1849): one trace per application, one event per recorded event. Written and read in pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError, iterparse
from xml.sax.saxutils import quoteattr

Row = Mapping[str, Any]

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


class NotXes(ValueError):
    """The file is no XES log, or stops being one."""


def xes(rows: Iterable[Row], *, first: bool = True, last: bool = True) -> Iterator[str]:
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
            name = row["facts"].get("reference") or current
            yield "<trace>" + _written("concept:name", name) + _written("portal:application_id", current)
        yield _event(row)
    yield ("</trace>\n" if current is not None else "") + ("</log>\n" if last else "")


def grouped(rows: Iterable[Row]) -> list[Row]:
    """The rows of one page, application by application, in order of first appearance."""
    cases: dict[str, list[Row]] = {}
    for row in rows:
        cases.setdefault(row["application_id"], []).append(row)
    return [row for case in cases.values() for row in case]


def _event(row: Row) -> str:
    by = row.get("by") or {}
    said = [
        _written("concept:name", row["kind"]),
        _written("time:timestamp", row["at"], "date"),
        _written("lifecycle:transition", "complete"),
        _written("org:resource", by.get("account_id")),
        _written("org:role", by.get("role")),
        _written("org:group", by.get("agency_code")),
        _written("portal:version", row["version"], "int"),
        _written("portal:position", row.get("position"), "int"),
        _written("portal:status", row.get("status")),
        _written("portal:legal_basis", row.get("legal_basis")),
    ]
    facts = [_written(f"portal:{name}", value) for name, value in row["facts"].items()]
    return "<event>" + "".join(said + facts) + "</event>\n"


def _written(key: str, value: Any, kind: str = "string") -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<{kind} key={quoteattr(key)} value={quoteattr(UNWRITABLE.sub('�', text))}/>"


def read(file: IO[bytes]) -> Iterator[tuple[int, dict[str, str], dict[str, str]]]:
    """(number of the event, trace attributes, event attributes) of a XES file, in flat memory.

    Nested attributes are passed over. Document types are refused, for entities can be made to explode.
    """
    trace: dict[str, str] = {}
    number, inside, root = 0, "", None
    try:
        # Bytes pass a guard that refuses document types, so no entity is ever declared.
        for happened, element in iterparse(_without_doctype(file), events=("start", "end")):  # noqa: S314
            tag = element.tag.rpartition("}")[2]
            root = element if root is None else root
            if happened == "start":
                trace = {} if tag == "trace" else trace
                inside = tag if tag in ("trace", "event") else inside
            elif tag == "event":
                number, inside = number + 1, "trace"
                yield number, trace, _attributes(element)
                element.clear()
            elif tag == "trace":
                inside = ""
                root.clear()
            elif inside == "trace" and element.get("key") is not None:
                trace.setdefault(str(element.get("key")), str(element.get("value")))
    except ParseError as error:
        raise NotXes(f"the file is no XES log: {error}") from error


def _attributes(event: Element) -> dict[str, str]:
    return {str(part.get("key")): str(part.get("value")) for part in event if part.get("key") is not None}


class _without_doctype:
    """Passes a file on until a document type turns up."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._tail = file, b""

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        if b"<!DOCTYPE" in self._tail + block or b"<!ENTITY" in self._tail + block:
            raise NotXes("a XES log has no document type")
        self._tail = block[-10:]
        return block
