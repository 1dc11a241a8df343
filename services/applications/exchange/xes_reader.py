"""Reading XES logs (IEEE 1849) of other systems, trace by trace, as plain attributes.

Any namespace or none, any prefix; nested attributes become `outer/inner`, lists are numbered. Document types are
refused by `defusedxml`, for entities can be made to explode.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

BLOCK = 1 << 16
Attributes = dict[str, str]


class NotXes(ValueError):
    """The file is no XES log, or stops being one."""


def read_xes(file: IO[bytes]) -> Iterator[tuple[int, Attributes, Attributes]]:
    """(number of the event, trace attributes, event attributes) of a XES file; memory holds one trace."""
    number, root, events = 0, None, []
    try:
        for happened, element in _parsed(file):
            tag = element.tag.rpartition("}")[2]
            root = element if root is None else root
            if happened == "start":
                continue
            if tag == "event":
                number += 1
                events.append((number, attributes(element)))
                element.clear()
            elif tag == "trace":
                of_trace = attributes(element)
                yield from ((at, of_trace, event) for at, event in events)
                events.clear()
                root.clear()
    except DefusedXmlException as error:
        raise NotXes("a XES log has no document type") from error
    except (ParseError, UnicodeError) as error:
        raise NotXes(f"the file is no XES log: {error}") from error
    if root is None or root.tag.rpartition("}")[2] != "log":
        raise NotXes("the file is no XES log: it has no <log>")
    yield from ((at, {}, event) for at, event in events)  # events outside of any trace have no case


def attributes(element: Element, outer: str = "") -> Attributes:
    """Attributes of a trace or an event by key, with those nested in them."""
    values: Attributes = {}
    for part in element:
        tag, key = part.tag.rpartition("}")[2], part.get("key")
        if tag in ("event", "values"):
            values |= attributes(part, outer) if tag == "values" else {}
        elif key is not None:
            name = _free(f"{outer}{key}", values)
            if part.get("value") is not None:
                values[name] = str(part.get("value"))
            values |= attributes(part, f"{name}/")
    return values


def _free(name: str, attributes: Attributes) -> str:
    """The name, or the name numbered where it is there already, so that nothing is lost."""
    number, chosen = 1, name
    while chosen in attributes or any(other.startswith(f"{chosen}/") for other in attributes):
        number += 1
        chosen = f"{name} ({number})"
    return chosen


def _parsed(file: IO[bytes]) -> Iterator[tuple[str, Element]]:
    """Start and end of elements."""
    block = file.read(BLOCK)
    wide = _wide(block)
    decoder = codecs.getincrementaldecoder(wide)() if wide else None
    # Whatever the declaration says, what is decoded here is handed on as UTF-8.
    defused = DefusedXMLParser(encoding="utf-8" if wide else None, forbid_dtd=True)
    parser = XMLPullParser(("start", "end"), _parser=defused)
    while block:
        parser.feed(decoder.decode(block).encode() if decoder else block)
        yield from cast("Iterator[tuple[str, Element]]", parser.read_events())
        block = file.read(BLOCK)
    parser.close()
    yield from cast("Iterator[tuple[str, Element]]", parser.read_events())


def _wide(first: bytes) -> str | None:
    """The encoding of XML whose characters have two bytes or four; None for those that go on from ASCII."""
    for mark, name in ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")):
        if first.startswith(mark):
            return name
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in first[:4]:
        return "utf-16-le" if first[1:2] == b"\0" else "utf-16-be"
    return None
