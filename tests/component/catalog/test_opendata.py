"""The linked data keeps to CPSV-AP 3.2.0: what each class must have, at most once, and of which kind.

The table is written down from the specification's shapes; ``langString`` is a text with its language.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.catalog import opendata, sample_catalogue
from services.catalog.definitions import complete as definitions_complete
from tests.component.catalog.use_cases import BY, catalogue, command
from tests.unit.catalog.builders import offer, real_offers

TEXT, CONCEPT, LAW = "langString", "skos:Concept", "eli:LegalResource"
MANY = 10**9
# class -> property -> (at least, at most, kind of every value; None for any)
SHAPES: dict[str, dict[str, tuple[int, int, str | None]]] = {
    "cpsv:PublicService": {
        "dct:identifier": (1, 1, None),
        "dct:title": (1, MANY, TEXT),
        "dct:description": (1, MANY, TEXT),
        "cv:hasCompetentAuthority": (1, MANY, "cv:PublicOrganisation"),
        "cv:hasChannel": (0, MANY, "cv:Channel"),
        "cv:hasCost": (0, MANY, "cv:Cost"),
        "cpsv:hasInput": (0, MANY, "cv:Evidence"),
        "cv:holdsRequirement": (0, MANY, "cv:Requirement"),
        "cpsv:produces": (0, MANY, "cv:Output"),
        "cpsv:follows": (0, MANY, "cpsv:Rule"),
        "cv:hasLegalResource": (0, MANY, LAW),
        "cv:thematicArea": (0, MANY, CONCEPT),
        "cv:isClassifiedBy": (0, MANY, CONCEPT),
        "dct:audience": (0, MANY, CONCEPT),
    },
    "cv:PublicOrganisation": {
        "skos:prefLabel": (1, MANY, TEXT),
        "dct:spatial": (1, MANY, "http://data.europa.eu/88u/dataset/atu-type"),
    },
    "cv:Channel": {
        "dct:identifier": (1, 1, None),
        "dct:description": (0, MANY, TEXT),
        "cv:processingTime": (0, 1, "duration"),
        "dct:type": (0, 1, CONCEPT),
    },
    "cv:Cost": {
        "dct:identifier": (1, 1, None),
        "dct:description": (0, MANY, TEXT),
        "cv:hasValue": (0, 1, "double"),
        "cv:currency": (0, 1, CONCEPT),
        "cv:ifAccessedThrough": (0, 1, "cv:Channel"),
    },
    "cv:Evidence": {"dct:identifier": (1, 1, None), "dct:title": (1, MANY, TEXT), "dct:type": (0, 1, CONCEPT)},
    "cv:Requirement": {
        "dct:identifier": (1, 1, None),
        "dct:title": (1, MANY, TEXT),
        "cv:hasSupportingEvidence": (0, MANY, "cv:Evidence"),
    },
    "cv:Output": {"dct:identifier": (1, 1, None), "dct:title": (1, MANY, TEXT), "dct:description": (0, MANY, TEXT)},
    "cpsv:Rule": {
        "dct:identifier": (1, 1, None),
        "dct:title": (1, MANY, TEXT),
        "dct:description": (1, MANY, TEXT),
        "cpsv:implements": (0, MANY, LAW),
    },
}


def graph_of(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    book = catalogue()
    book.imports.import_records(definitions, "definition", "2025-07-01", by=BY, command=command())
    nodes = json.loads(book.exports.export("cpsv-ap", "2026-01-01", 500)["content"])["@graph"]
    assert isinstance(nodes, list)
    return nodes


def violations(graph: list[dict[str, Any]]) -> list[str]:
    """``node property: what is wrong`` for everything that breaks the table."""
    kinds = {node["@id"]: _listed(node["@type"]) for node in graph}
    rows = []
    for node in graph:
        for kind in _listed(node["@type"]):
            for name, (least, most, expected) in SHAPES.get(kind, {}).items():
                values = _listed(node.get(name, []))
                if not least <= len(values) <= most:
                    rows.append(f"{node['@id']} {name}: {len(values)} values")
                rows += [f"{node['@id']} {name}: {value!r}" for value in values if not _is(value, expected, kinds)]
    return rows


def _is(value: Any, expected: str | None, kinds: dict[str, list[str]]) -> bool:
    if expected is None:
        return isinstance(value, str) and bool(value)
    if expected == TEXT:
        return isinstance(value, dict) and bool(value["@value"]) and value["@language"] in ("vi", "en")
    if expected == "duration":
        return isinstance(value, str) and value.startswith("P")
    if expected == "double":
        return float(value) >= 0
    return expected in kinds.get(value["@id"], [])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    "definitions", [sample_catalogue.definitions("H01.01"), real_offers()], ids=["samples", "titles"]
)
def test_the_catalogue_breaks_no_rule_of_the_vocabulary(definitions):
    assert violations(graph_of(definitions)) == []


@pytest.mark.parametrize("name", ["dct:identifier", "dct:title", "dct:description", "cv:hasCompetentAuthority"])
def test_a_service_without_a_mandatory_property_is_noticed(name):
    graph = graph_of(sample_catalogue.definitions("H01.01")[:1])
    service = next(node for node in graph if node["@type"] == "cpsv:PublicService")
    del service[name]
    assert violations(graph) == [f"{service['@id']} {name}: 0 values"]


def test_the_context_is_part_of_the_document():
    book = catalogue()
    document = json.loads(book.exports.export("cpsv-ap")["content"])
    assert document["@context"]["cpsv"] == "http://purl.org/vocab/cpsv#"
    assert all(isinstance(meaning, (str, dict)) for meaning in document["@context"].values())


def authorities(*names: str) -> list[dict[str, Any]]:
    definitions = [
        {
            **offer(f"1.{number}"),
            "authority": {"level": "ministry", "name": {"vi": name}, "agency_codes": []},
        }
        for number, name in enumerate(names)
    ]
    graph = opendata.document([(definitions_complete(definition), "urn:mau") for definition in definitions])["@graph"]
    services = [node for node in graph if node["@type"] == "cpsv:PublicService"]
    nodes = {node["@id"]: node for node in graph}
    return [nodes[service["cv:hasCompetentAuthority"]["@id"]] for service in services]


def test_an_authority_without_a_code_is_the_one_the_record_names():
    named = authorities("Cục Mẫu", "Vụ Mẫu", "Cục  Mẫu", "Cục Mậu")
    assert [node["skos:prefLabel"][0]["@value"] for node in named] == ["Cục Mẫu", "Vụ Mẫu", "Cục Mẫu", "Cục Mậu"]
    assert len({node["@id"] for node in named}) == 3
    assert named[0]["@id"] == named[2]["@id"]


def test_an_authority_without_a_name_has_a_label_all_the_same():
    (node,) = authorities("")
    assert node["skos:prefLabel"][0]["@value"].strip()
