"""The linked data keeps to CPSV-AP 3.2.0: what each class must have, at most once, and of which kind.

The table is written down from the specification's shapes; ``langString`` is a text with its language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.catalog import opendata, sample_catalogue
from services.catalog.definitions import complete as definitions_complete
from tests.component.catalog.use_cases import BY, catalogue, command
from tests.unit.catalog.builders import fee, offer, real_offers

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


def graph_by_id(*definitions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    document = opendata.document(
        [(definitions_complete(definition), "https://mau.vn/od") for definition in definitions]
    )
    return {node["@id"]: node for node in document["@graph"]}


def texts_in(nodes: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Every text with its language."""
    values = [part for node in nodes.values() for value in node.values() for part in _listed(value)]
    return ((part["@language"], part["@value"]) for part in values if isinstance(part, dict) and "@value" in part)


def test_nothing_vietnamese_is_tagged_as_english():
    definition = offer(
        "1.1", "Cấp giấy mẫu", steps=[{"id": "1", "name": {"vi": "Tiếp nhận"}}, {"id": "2", "name": {"vi": "Trả"}}]
    )
    definition |= {"title": {"vi": "Cấp giấy mẫu"}, "field": {"code": "mau", "vi": "Lĩnh vực mẫu"}}
    nodes = graph_by_id(definition)
    assert [text for language, text in texts_in(nodes) if language == "en" and not text.isascii()] == []
    named = {text for language, text in texts_in(nodes) if language == "vi"}
    assert {"Công dân", "Tiếp nhận → Trả"} <= named and "citizen" not in named
    assert violations(list(nodes.values())) == []


@pytest.mark.parametrize("part", ["Sở Tư pháp 01", "a b", 'x"y<z>', "a/b#c?d", "ｐｈｉ％", "{phi}|^`\\"])
def test_whatever_is_called_how_its_iri_is_one(part):
    definition = offer("1.1", fees=[fee({"type": "fixed", "amount": 1_000}, id=part)])
    definition |= {"field": {"code": part, "vi": "Mẫu"}, "audience": ["citizen", part]}
    definition["authority"] = {**definition["authority"], "agency_codes": [part]}
    definition["requirements"] = [
        {"id": name, "name": {"vi": "Đơn"}, "originals": 1, "copies": 0} for name in (part, f"{part}2")
    ]
    nodes = graph_by_id(definition)
    bad = [iri for iri in nodes if not re.fullmatch(r"https?://[\w.~:/%-]+(?<!%)", iri, re.ASCII)]
    assert bad == [] and violations(list(nodes.values())) == []
    assert part in {node.get("dct:identifier") for node in nodes.values()}


@pytest.mark.parametrize(
    ("currency", "amount", "value"), [("VND", 135_000, 135_000), ("USD", 2_500, 25), ("JPY", 1_000, 1_000)]
)
def test_a_cost_is_stated_in_whole_units_of_its_currency(currency, amount, value):
    nodes = graph_by_id(offer("1.1", fees=[fee({"type": "fixed", "amount": amount}, currency=currency)]))
    costs = [node for node in nodes.values() if node["@type"] == "cv:Cost"]
    assert {float(node["cv:hasValue"]) for node in costs} == {value}


def test_an_agency_named_in_two_ways_keeps_both_names():
    definitions = [offer(f"1.{number}") for number in (1, 2)]
    for definition, name in zip(definitions, ("Sở Mẫu", "Phòng Mẫu"), strict=True):
        definition["authority"] = {"level": "province", "name": {"vi": name}, "agency_codes": ["H01.01"]}
    node = graph_by_id(*definitions)["https://mau.vn/od/agencies/H01.01"]
    assert node["skos:prefLabel"] == [{"@value": "Sở Mẫu", "@language": "vi"}]
    assert node["skos:altLabel"] == [{"@value": "Phòng Mẫu", "@language": "vi"}]


def test_what_many_agencies_offer_is_not_given_to_the_first_of_them_under_the_name_of_all():
    definition = offer("1.1")
    definition["authority"] = {
        "level": "commune",
        "name": {"vi": "Ủy ban nhân dân cấp xã"},
        "agency_codes": ["H01.01", "H01.02"],
    }
    nodes = graph_by_id(definition)
    [service] = [node for node in nodes.values() if node["@type"] == "cpsv:PublicService"]
    authority = nodes[service["cv:hasCompetentAuthority"]["@id"]]
    assert authority["dct:identifier"].startswith("commune-uy-ban-nhan-dan-cap-xa-")
    assert authority["skos:prefLabel"] == [{"@value": "Ủy ban nhân dân cấp xã", "@language": "vi"}]
