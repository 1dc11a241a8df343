"""The linked data validated as RDF: the same shapes as SHACL, by an independent validator."""

from __future__ import annotations

import json

import pyshacl
import pytest
from rdflib import Graph

from services.catalog import sample_catalogue
from services.catalog.opendata import CONTEXT
from tests.unit.catalog.memory import BY, catalogue, command
from tests.unit.catalog.offers import real_offers
from tests.unit.catalog.test_opendata import MANY, SHAPES, TEXT

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


def _constraint(name: str, least: int, most: int, wanted: str | None) -> str:
    parts = [f"sh:path {name}", f"sh:minCount {least}"]
    if most < MANY:
        parts.append(f"sh:maxCount {most}")
    if wanted in LITERALS:
        parts.append(LITERALS[wanted])
    elif wanted == "double":
        parts.append("sh:minInclusive 0.0")
    elif wanted is not None:
        parts.append(f"sh:class <{wanted}>" if "://" in wanted else f"sh:class {wanted}")
    return " ; ".join(parts)


def report(definitions, without=None):
    kept = catalogue()
    kept.imports.take_in(definitions, "definition", "2025-07-01", by=BY, command=command())
    document = json.loads(kept.exporter.export("cpsv-ap", "2026-01-01", 500)["content"])
    for node in document["@graph"]:
        if without and node["@type"] == "cpsv:PublicService":
            node.pop(without, None)
    data = Graph().parse(data=json.dumps(document), format="json-ld")
    conforms, _, text = pyshacl.validate(data, shacl_graph=Graph().parse(data=shapes(), format="turtle"))
    return conforms, text


@pytest.mark.parametrize(
    "definitions", [sample_catalogue.definitions("H01.01"), real_offers()[:60]], ids=["samples", "titles"]
)
def test_the_open_data_conforms(definitions):
    conforms, text = report(definitions)
    assert conforms, text


def test_a_service_without_its_authority_does_not_conform():
    conforms, text = report(sample_catalogue.definitions("H01.01")[:2], without="cv:hasCompetentAuthority")
    assert not conforms
    assert "hasCompetentAuthority" in text
