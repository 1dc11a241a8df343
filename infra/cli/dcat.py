"""A folder of open datasets as a catalogue that harvesters read: DCAT-AP 3.0.1 in JSON-LD, its context inside.

Source of classes and mandatory properties: DCAT-AP 3.0.1 (SEMIC). A dataset that is made anew for each period is a
series of datasets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from infra.chassis.json_types import Json

Node = dict[str, object]
CONTEXT: Node = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{
        name: {"@type": "@id"}
        for name in (
            "dcat:accessURL", "dcat:downloadURL", "dcat:mediaType", "dcat:dataset", "dcat:distribution",
            "dcat:inSeries", "dct:license", "dct:publisher", "dct:language", "dct:accessRights", "spdx:algorithm",
        )
    },
    "dct:modified": {"@type": "xsd:dateTime"},
    "dcat:startDate": {"@type": "xsd:date"},
    "dcat:endDate": {"@type": "xsd:date"},
    "dcat:byteSize": {"@type": "xsd:nonNegativeInteger"},
    "spdx:checksumValue": {"@type": "xsd:hexBinary"},
}  # fmt: skip
AUTHORITY = "http://publications.europa.eu/resource/authority/"
MEDIA_TYPES = {"csv": "text/csv", "json": "application/json"}
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"


class PublishedFile(NamedTuple):
    """One file of a dataset. ``path``: under the folder; ``modified``: when its content last changed."""

    path: str
    sha256: str
    size: int
    modified: str


class PublishedDataset(NamedTuple):
    """A dataset, of one period or of no period; ``days``: the first and the last of its period."""

    name: str
    period: str | None
    days: tuple[str, str] | None
    files: Sequence[PublishedFile]


def catalogue(
    base: str, publisher: str, licence: str, described: Mapping[str, Json], datasets: Sequence[PublishedDataset]
) -> Node:
    """The document. ``base``: where the folder is served; ``described``: title and description of each, by name."""
    series = sorted({item.name for item in datasets if item.period})
    changes = [file.modified for item in datasets for file in item.files]
    head = {
        "@id": f"{base}/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _words({"vi": "Dữ liệu mở của cổng dịch vụ công", "en": "Open data of the public service portal"}),
        "dct:description": _words({
            "vi": "Thống kê, chỉ số, danh mục; không có dữ liệu cá nhân",
            "en": "Statistics, index, lists; no personal data",
        }),
        "dct:publisher": f"{base}/#publisher",
        "dct:license": licence,
        "dct:language": [f"{AUTHORITY}language/VIE", f"{AUTHORITY}language/ENG"],
        "dcat:dataset": [_iri(base, item) for item in datasets] + [f"{base}/{name}" for name in series],
        **({"dct:modified": max(changes)} if changes else {}),
    }  # fmt: skip
    agent = {"@id": f"{base}/#publisher", "@type": "foaf:Agent", "foaf:name": {"@value": publisher, "@language": "vi"}}
    graph = [head, agent]
    graph += [{"@id": f"{base}/{name}", "@type": "dcat:DatasetSeries", **_about(described[name])} for name in series]
    graph += [_dataset(base, licence, described[item.name], item) for item in datasets]
    return {"@context": CONTEXT, "@graph": graph}


def _dataset(base: str, licence: str, about: Json, item: PublishedDataset) -> Node:
    node = {
        "@id": _iri(base, item),
        "@type": "dcat:Dataset",
        **_about(about, f" ({item.period})" if item.period else ""),
        "dct:publisher": f"{base}/#publisher",
        "dct:accessRights": f"{AUTHORITY}access-right/PUBLIC",
        "dct:modified": max(file.modified for file in item.files),
        "dcat:distribution": [_distribution(base, licence, file) for file in item.files],
    }
    if item.days:
        first, last = item.days
        node["dcat:inSeries"] = f"{base}/{item.name}"
        node["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": first, "dcat:endDate": last}
    return node


def _distribution(base: str, licence: str, file: PublishedFile) -> Node:
    kind = file.path.rpartition(".")[2]
    address = f"{base}/{file.path}"
    return {
        "@id": address,
        "@type": "dcat:Distribution",
        "dcat:accessURL": address,
        "dcat:downloadURL": address,
        "dcat:mediaType": f"https://www.iana.org/assignments/media-types/{MEDIA_TYPES[kind]}",
        "dct:format": {"@id": f"{AUTHORITY}file-type/{kind.upper()}"},
        "dct:license": licence,
        "dcat:byteSize": str(file.size),
        "spdx:checksum": {"@type": "spdx:Checksum", "spdx:algorithm": SHA256, "spdx:checksumValue": file.sha256},
    }


def _iri(base: str, item: PublishedDataset) -> str:
    return f"{base}/{item.name}/{item.period}" if item.period else f"{base}/{item.name}"


def _about(about: Json, added: str = "") -> Node:
    title = {language: words + added for language, words in about["title"].items()}
    return {"dct:title": _words(title), "dct:description": _words(about["description"])}


def _words(words: Mapping[str, str]) -> list[Node]:
    return [{"@value": text, "@language": language} for language, text in words.items()]
