"""A procedure as linked open data: CPSV-AP 3.2 in JSON-LD, vi and en, its context inside so that no network is needed.

Source of classes and mandatory properties: CPSV-AP 3.2.0 (SEMIC). What the vocabulary cannot say (a time in working
days) is in the channel's description, and ``processingTime`` holds the estimate the vocabulary asks for.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Container, Mapping
from urllib.parse import quote

from babel.numbers import get_currency_precision

from infra.chassis.json_types import Json
from infra.chassis.text.vietnamese_text import comparison_key, folded_words
from infra.fees.shapes import Fee
from infra.working_time.records import ChannelTerms, PromiseRecord
from services.catalog.shapes import Authority, Definition, Requirement, ResultPaper

Node = Json

CONTEXT: Json = {
    "cv": "http://data.europa.eu/m8g/",
    "cpsv": "http://purl.org/vocab/cpsv#",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "adms": "http://www.w3.org/ns/adms#",
    "dct:type": {"@type": "@id"},
    "cv:processingTime": {"@type": "xsd:duration"},
    "cv:hasValue": {"@type": "xsd:double"},
}
PUBLICATIONS = "http://publications.europa.eu/resource/authority/"
ATU = "http://data.europa.eu/88u/dataset/atu-type"
CHANNELS = {
    "online": ("Trực tuyến", "Online"),
    "counter": ("Trực tiếp", "At the counter"),
    "post": ("Dịch vụ bưu chính", "By post"),
}
AUDIENCES = {
    "citizen": ("Công dân", "Citizens"),
    "foreigner": ("Người nước ngoài", "Foreigners"),
    "enterprise": ("Doanh nghiệp", "Enterprises"),
    "household_business": ("Hộ kinh doanh", "Household businesses"),
    "organisation": ("Tổ chức", "Organisations"),
}
UNITS = {
    "working_hours": ("giờ làm việc", "working hours"),
    "working_days": ("ngày làm việc", "working days"),
    "calendar_days": ("ngày", "days"),
    "months": ("tháng", "months"),
}
UNNAMED = {"vi": "Cơ quan không nêu tên", "en": "Authority not named"}
LONGEST_IN_IRI = 80


def document(procedures: list[tuple[Definition, str]]) -> Node:
    """One JSON-LD document of ``(definition, base)`` pairs; shared nodes (authorities, laws, concepts) appear once."""
    graph: dict[str, Node] = {}
    for definition, base in procedures:
        for node in _nodes(definition, base):
            earlier = graph.setdefault(node["@id"], node)
            if earlier is not node and "skos:prefLabel" in earlier:
                _name_also(earlier, node["skos:prefLabel"])
    return {"@context": CONTEXT, "@graph": list(graph.values())}


def _name_also(node: Node, labels: list[Node]) -> None:
    """Keep another name of what has one: a language has one preferred label."""
    for label in labels:
        preferred = next((own for own in node["skos:prefLabel"] if own["@language"] == label["@language"]), None)
        if preferred is None:
            node["skos:prefLabel"].append(label)
        elif label != preferred and label not in node.get("skos:altLabel", ()):
            node.setdefault("skos:altLabel", []).append(label)


def iri_part(name: object) -> str:
    """What somebody called a thing, as a part of an IRI."""
    return quote(str(name), safe="")


def _nodes(definition: Definition, base: str) -> list[Node]:
    service = f"{base}/procedures/{iri_part(definition['code'])}"
    authority = _authority(definition, base)
    channels = [_channel(base, service, name, offer) for name, offer in sorted(definition["channels"].items())]
    costs = [node for fee in definition["fees"] for node in _costs(service, fee, definition["channels"])]
    papers = [node for paper in definition["requirements"] for node in _paper(service, paper)]
    outputs = [_output(service, place, result) for place, result in enumerate(definition["results"], 1)]
    laws = [_law(base, law) for law in definition["legal_basis"] if law.get("number")]
    rule = _rule(service, definition, laws)
    concepts = _concepts(definition, base)
    own: Node = {
        "@id": service,
        "@type": "cpsv:PublicService",
        "dct:identifier": definition["code"],
        "dct:title": language_map(definition["title"]),
        "dct:description": language_map(_described(definition)),
        "cv:hasCompetentAuthority": _ref(authority),
        "cv:hasChannel": [_ref(node) for node in channels],
        "cv:hasCost": [_ref(node) for node in costs],
        "cpsv:hasInput": [_ref(node) for node in papers if node["@type"] == "cv:Evidence"],
        "cv:holdsRequirement": [_ref(node) for node in papers if node["@type"] == "cv:Requirement"],
        "cpsv:produces": [_ref(node) for node in outputs],
        "cpsv:follows": _ref(rule),
        "cv:hasLegalResource": [_ref(node) for node in laws],
        "cv:thematicArea": _ref(concepts[0]),
        "dct:audience": [_ref(node) for node in concepts if "/audiences/" in node["@id"]],
        "cv:isClassifiedBy": {"@id": f"{base}/levels/{definition['level']}"},
    }
    spatial = {"@id": f"{PUBLICATIONS}country/VNM", "@type": [ATU, "dct:Location"]}
    return [own, authority, spatial, *channels, *costs, *papers, *outputs, rule, *laws, *concepts]


def _concepts(definition: Definition, base: str) -> list[Node]:
    """What a procedure is classified by; its field first."""
    field, level = definition["field"], definition["level"]
    currencies = sorted({fee["currency"] for fee in definition["fees"]})
    named = [(f"{base}/audiences/{iri_part(name)}", _audience(name)) for name in definition["audience"]]
    named += [(_channel_type(base, name), _bilingual(*CHANNELS[name])) for name in sorted(definition["channels"])]
    named += [(f"{base}/levels/{level}", {"vi": f"Mức độ {level}", "en": f"Level {level}"})]
    named += [(f"{PUBLICATIONS}currency/{code}", {"vi": code, "en": code}) for code in currencies]
    return [
        _concept(f"{base}/fields/{iri_part(field['code'])}", field),
        *(_concept(address, name) for address, name in named),
    ]


def _audience(name: str) -> dict[str, str]:
    return _bilingual(*AUDIENCES[name]) if name in AUDIENCES else {"vi": name}


def _authority(definition: Definition, base: str) -> Node:
    authority = definition["authority"]
    name = authority["name"] if authority["name"]["vi"].strip() else UNNAMED
    codes = authority.get("agency_codes") or []
    code = codes[0] if len(codes) == 1 else _named_authority(authority)  # a name of many is none of each
    return {
        "@id": f"{base}/agencies/{iri_part(code)}",
        "@type": "cv:PublicOrganisation",
        "dct:identifier": code,
        "dct:title": language_map(name),
        "skos:prefLabel": language_map(name),
        "dct:spatial": {"@id": f"{PUBLICATIONS}country/VNM"},
    }


def _named_authority(authority: Authority) -> str:
    """What an authority without a code is called by in an IRI: its level and its name, so that each has its own."""
    name = comparison_key(authority["name"]["vi"])
    words = folded_words(name).replace(" ", "-")[:LONGEST_IN_IRI]
    return (
        f"{authority['level']}-{words}-{hashlib.sha256(name.encode()).hexdigest()[:8]}" if name else authority["level"]
    )


def _channel_type(base: str, name: str) -> str:
    return f"{base}/channel-types/{name}"


def _bilingual(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


def _channel(base: str, service: str, name: str, offer: ChannelTerms) -> Node:
    time = offer["processing_time"]
    vi, en = CHANNELS[name]
    node: Node = {
        "@id": f"{service}/channels/{name}",
        "@type": "cv:Channel",
        "dct:identifier": name,
        "dct:type": {"@id": _channel_type(base, name)},
    }
    if time["amount"] is None:
        return node | {
            "dct:description": language_map({"vi": f"{vi}; không nêu thời hạn", "en": f"{en}; no time stated"})
        }
    unit_vi, unit_en = UNITS[time["unit"]]
    text = {"vi": f"{vi}: {time['amount']} {unit_vi}", "en": f"{en}: {time['amount']} {unit_en}"}
    return node | {"dct:description": language_map(text), "cv:processingTime": duration(time)}


def duration(time: PromiseRecord) -> str:
    """The ``xsd:duration`` of a promise; working days as the calendar days they take without holidays (7 for 5)."""
    amount, unit = float(time["amount"] or 0), time["unit"]
    if unit == "working_hours":
        return f"PT{round(amount * 60)}M"
    if unit == "months":
        return f"P{math.ceil(amount)}M"
    return f"P{math.ceil(amount) if unit == 'calendar_days' else math.ceil(amount * 7 / 5)}D"


def _costs(service: str, fee: Fee, offered: Container[str]) -> list[Node]:
    """A cost per channel, as the vocabulary has it; only a fixed or free fee has a value that is true for everybody."""
    rule = fee["rule"]
    amounts = {"free": 0, "fixed": rule.get("amount")}.get(rule["type"])
    nodes = []
    for channel in (channel for channel in fee["channels"] if channel in offered):
        node: Node = {
            "@id": f"{service}/costs/{iri_part(fee['id'])}/{channel}",
            "@type": "cv:Cost",
            "dct:identifier": f"{fee['id']}/{channel}",
            "dct:description": language_map(fee["name"]),
            "cv:currency": {"@id": f"{PUBLICATIONS}currency/{fee['currency']}"},
            "cv:ifAccessedThrough": {"@id": f"{service}/channels/{channel}"},
        }
        if amounts is not None:
            node["cv:hasValue"] = str(amounts / 10 ** get_currency_precision(fee["currency"]))
        nodes.append(node)
    return nodes


def _paper(service: str, paper: Requirement) -> list[Node]:
    evidence = {
        "@id": f"{service}/evidence/{iri_part(paper['id'])}",
        "@type": "cv:Evidence",
        "dct:identifier": paper["id"],
        "dct:title": language_map(paper["name"]),
    }
    requirement = {
        "@id": f"{service}/requirements/{iri_part(paper['id'])}",
        "@type": "cv:Requirement",
        "dct:identifier": paper["id"],
        "dct:title": language_map(paper["name"]),
        "cv:hasSupportingEvidence": {"@id": evidence["@id"]},
    }
    if paper["condition"]:
        requirement["dct:description"] = [{"@value": paper["condition"], "@language": "vi"}]
    return [evidence, requirement]


def _output(service: str, place: int, result: ResultPaper) -> Node:
    code = result.get("code") or str(place)
    return {
        "@id": f"{service}/outputs/{place}",
        "@type": "cv:Output",
        "dct:identifier": code,
        "dct:title": language_map(result["name"]),
    }


def _rule(service: str, definition: Definition, laws: list[Node]) -> Node:
    steps = definition["steps"]
    text = {"vi": " → ".join(step["name"]["vi"] for step in steps) or "Theo quy định của pháp luật"}
    if all(step["name"].get("en") for step in steps):
        text["en"] = " → ".join(step["name"]["en"] for step in steps) or "As the law provides"
    return {
        "@id": f"{service}/rule",
        "@type": "cpsv:Rule",
        "dct:identifier": f"{definition['code']}/rule",
        "dct:title": language_map({"vi": "Trình tự thực hiện", "en": "Order of steps"}),
        "dct:description": language_map(text),
        "cpsv:implements": [_ref(law) for law in laws],
    }


def _law(base: str, law: Mapping[str, object]) -> Node:
    number = str(law["number"])
    safe = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in number)
    node: Node = {"@id": f"{base}/laws/{safe}", "@type": "eli:LegalResource", "eli:id_local": number}
    if law.get("title"):
        node["eli:title"] = [{"@value": law["title"], "@language": "vi"}]
    return node


def _concept(name: str, label: Mapping[str, object]) -> Node:
    return {"@id": name, "@type": "skos:Concept", "skos:prefLabel": language_map(label)}


def _described(definition: Definition) -> dict[str, str]:
    title, field = definition["title"], definition["field"]
    texts = {"vi": f"{title['vi']}. Lĩnh vực: {field['vi']}. Dịch vụ công mức độ {definition['level']}."}
    if title.get("en") and field.get("en"):
        texts["en"] = f"{title['en']}. Field: {field['en']}. Level {definition['level']}."
    return texts


def language_map(text: Mapping[str, object] | str) -> list[Node]:
    """Language-tagged strings, for each language there is."""
    named = {"vi": text} if isinstance(text, str) else text
    return [{"@value": named[language], "@language": language} for language in ("vi", "en") if named.get(language)]


def _ref(node: Node) -> Node:
    return {"@id": node["@id"]}
