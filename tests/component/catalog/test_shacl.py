"""The linked data validated as RDF: the same shapes as SHACL, by an independent validator."""

from __future__ import annotations

import json

import pyshacl
import pytest
from rdflib import Graph

from services.catalog import sample_catalogue
from services.catalog.opendata import CONTEXT
from tests.component.catalog.test_opendata import MANY, SHAPES, TEXT
from tests.component.catalog.use_cases import BY, catalogue, command
from tests.unit.catalog.builders import real_offers

PREFIXES = {name: iri for name, iri in CONTEXT.items() if isinstance(iri, str)} | {
    "sh": "http://www.w3.org/ns/shacl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LITERALS = {TEXT: "sh:datatype rdf:langString", "duration": "sh:datatype xsd:duration"}


def shapes() -> str:
    """The table of mandatory and bounded properties, as Turtle."""
    lines = [f"@prefix {name}: <{iri}> ." for name, iri in PREFIXES.items()]
    for kind, properties in SHAPES.items():
        lines.append(f"[] a sh:NodeShape ; sh:targetClass {kind} ;")
        lines += [f"  sh:property [ {_constraint(name, *bounds)} ] ;" for name, bounds in properties.items()]
        lines.append("  sh:nodeKind sh:BlankNodeOrIRI .")
    return "\n".join(lines)


def _constraint(name: str, least: int, most: int, expected: str | None) -> str:
    parts = [f"sh:path {name}", f"sh:minCount {least}"]
    if most < MANY:
        parts.append(f"sh:maxCount {most}")
    if expected in LITERALS:
        parts.append(LITERALS[expected])
    elif expected == "double":
        parts.append("sh:minInclusive 0.0")
    elif expected is not None:
        parts.append(f"sh:class <{expected}>" if "://" in expected else f"sh:class {expected}")
    return " ; ".join(parts)


SHAPES_GRAPH = Graph().parse(data=shapes(), format="turtle")


def json_ld(definitions):
    book = catalogue()
    book.imports.import_records(definitions, "definition", "2025-07-01", by=BY, command=command())
    return json.loads(book.exports.export("cpsv-ap", "2026-01-01", 500)["content"])


def report(document):
    data = Graph().parse(data=json.dumps(document), format="json-ld")
    conforms, _, text = pyshacl.validate(data, shacl_graph=SHAPES_GRAPH)
    return conforms, text


@pytest.fixture(scope="module")
def document():
    """One procedure that has a node of every class and every property of the table."""
    sample = next(
        definition for definition in sample_catalogue.definitions("H01.01") if definition["code"] == "3.000347"
    )
    return json.dumps(json_ld([sample]))


def node_of(document, kind, name=None):
    return next(entry for entry in document["@graph"] if entry["@type"] == kind and (name is None or entry.get(name)))


@pytest.mark.parametrize(
    "definitions", [sample_catalogue.definitions("H01.01"), real_offers()[:60]], ids=["samples", "titles"]
)
def test_the_open_data_conforms(definitions):
    conforms, text = report(json_ld(definitions))
    assert conforms, text


BOUNDS = [(kind, name, *bounds) for kind, properties in SHAPES.items() for name, bounds in properties.items()]
NOT_TOLD = {("cv:Evidence", "dct:type"), ("cv:Output", "dct:description")}  # optional, and stated of nothing
MANDATORY = [(kind, name) for kind, name, least, _, _ in BOUNDS if least]
ONCE = [(kind, name) for kind, name, _, most, _ in BOUNDS if most == 1 and (kind, name) not in NOT_TOLD]
OF_A_KIND = [
    (kind, name, expected) for kind, name, _, _, expected in BOUNDS if expected and (kind, name) not in NOT_TOLD
]
# What is no text in a language, no duration, no amount, no node of any class.
WRONG = {TEXT: "plain", "duration": {"@value": "5 days", "@type": "xsd:string"}, "double": "-1"}


def broken(document, kind, name):
    conforms, text = report(document)
    assert not conforms
    assert name.split(":")[1] in text


@pytest.mark.parametrize(("kind", "name"), MANDATORY, ids=lambda entry: entry)
def test_nothing_mandatory_may_be_missing(document, kind, name):
    changed = json.loads(document)
    del node_of(changed, kind)[name]
    broken(changed, kind, name)


@pytest.mark.parametrize(("kind", "name"), ONCE, ids=lambda entry: entry)
def test_what_stands_once_may_not_stand_twice(document, kind, name):
    changed = json.loads(document)
    node = node_of(changed, kind, name)
    other = {"@id": "urn:another"} if isinstance(node[name], dict) else "P99D" if "Time" in name else "99"
    node[name] = [node[name], other]
    broken(changed, kind, name)


@pytest.mark.parametrize(("kind", "name", "kind_wanted"), OF_A_KIND, ids=lambda entry: entry)
def test_every_value_is_of_its_kind(document, kind, name, kind_wanted):
    changed = json.loads(document)
    node_of(changed, kind, name)[name] = WRONG.get(kind_wanted, {"@id": "urn:nothing"})
    broken(changed, kind, name)


def test_every_class_of_the_table_is_named():
    assert {kind for kind, *_ in BOUNDS} <= {
        node["@type"]
        for node in json_ld(sample_catalogue.definitions("H01.01")[:20])["@graph"]
        if isinstance(node["@type"], str)
    }
