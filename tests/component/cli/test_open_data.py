"""Open datasets as files: the same again writes nothing, what broke off goes on, the catalogue names each file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, cast

import pytest
import time_machine

from infra.chassis.trust.signatures import canonical_json
from infra.chassis.wire_types import Doors
from infra.cli.exit_codes import Refused
from infra.cli.open_data import Publication, months

BASE = "https://dichvucong.example.vn/open-data"
WORDS = {"vi": "Mẫu", "en": "Sample"}


class Oversight:
    """Stands for the doors; ``figure`` is what the open month says now."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str | None]] = []
        self.figure, self.breaks_at = 1, 0

    def datasets(self) -> dict[str, Any]:
        names = (("agencies", False), ("index", True))
        items = [{"name": name, "title": WORDS, "description": WORDS, "periodic": periodic} for name, periodic in names]
        return {"licence": "https://creativecommons.org/publicdomain/zero/1.0/", "items": items}

    def dataset(self, name: str, period: str | None = None) -> dict[str, Any]:
        self.calls.append((name, period))
        if len(self.calls) == self.breaks_at:
            raise ConnectionError
        rows, content = [{"figure": self.figure}], f"figure\r\n{self.figure}\r\n"
        digests = {"csv": content.encode(), "json": canonical_json(rows)}
        sums = {f"{kind}_sha256": hashlib.sha256(text).hexdigest() for kind, text in digests.items()}
        return {"name": name, "period": period, "rows": rows, "csv": content, **sums}


def publish(folder: Path, oversight: Oversight, last: str = "2026-03") -> int:
    with time_machine.travel("2026-03-20T03:00:00Z", tick=False):
        return Publication(folder).publish(cast(Doors, oversight), months("2026-01", last), BASE, lambda *_: None)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_dataset_is_a_csv_and_a_json_under_a_stable_name_with_its_checksum(tmp_path: Path) -> None:
    publish(tmp_path, Oversight())
    content_of = files(tmp_path)
    sums = {line[66:]: line[:64] for line in content_of["SHA256SUMS"].decode().splitlines()}
    assert set(sums) == {
        "agencies.csv", "agencies.json",
        *(f"index/2026-0{month}.{kind}" for month in (1, 2, 3) for kind in ("csv", "json")),
    }  # fmt: skip
    assert all(hashlib.sha256(content_of[path]).hexdigest() == digest for path, digest in sums.items())


def test_the_same_again_writes_nothing_and_asks_only_for_what_may_have_changed(tmp_path: Path) -> None:
    publish(tmp_path, Oversight())
    before, oversight = files(tmp_path), Oversight()
    assert publish(tmp_path, oversight) == 0 and files(tmp_path) == before
    assert oversight.calls == [("agencies", None), ("index", "2026-03")]
    oversight.figure = 2
    publish(tmp_path, oversight)
    changed = {path for path, content in files(tmp_path).items() if content != before[path]}
    assert changed >= {"agencies.csv", "index/2026-03.json"} and "index/2026-02.csv" not in changed


def test_what_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    oversight = Oversight()
    oversight.breaks_at = 4
    with pytest.raises(ConnectionError):
        publish(tmp_path, oversight)
    oversight.calls.clear()
    oversight.breaks_at = 0
    publish(tmp_path, oversight)
    assert oversight.calls == [("agencies", None), ("index", "2026-03")]
    complete = tmp_path / "complete"
    publish(complete, Oversight())
    assert {path: text for path, text in files(tmp_path).items() if not path.startswith("complete")} == files(complete)


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    publish(tmp_path, Oversight())
    (tmp_path / "index/2026-01.csv").write_text("hỏng")
    assert publish(tmp_path, Oversight()) == 1


def test_what_does_not_have_its_checksum_is_not_published(tmp_path: Path) -> None:
    class Forging(Oversight):
        def dataset(self, name: str, period: str | None = None) -> dict[str, Any]:
            return {**super().dataset(name, period), "csv": "khác"}

    with pytest.raises(Refused):
        publish(tmp_path, Forging())
    assert files(tmp_path) == {}


def test_the_catalogue_has_what_dcat_ap_asks_of_every_class(tmp_path: Path) -> None:
    publish(tmp_path, Oversight())
    document = json.loads((tmp_path / "catalog.jsonld").read_text())
    nodes = {node["@id"]: node for node in document["@graph"]}
    mandatory = {
        "dcat:Catalog": {"dct:title", "dct:description", "dct:publisher"},
        "dcat:Dataset": {"dct:title", "dct:description"},
        "dcat:DatasetSeries": {"dct:title", "dct:description"},
        "foaf:Agent": {"foaf:name"},
    }
    assert {node["@type"] for node in nodes.values()} == set(mandatory)
    assert all(mandatory[node["@type"]] <= set(node) for node in nodes.values())
    month = nodes[f"{BASE}/index/2026-01"]
    assert month["dcat:inSeries"] == f"{BASE}/index" in nodes
    assert (month["dct:temporal"]["dcat:startDate"], month["dct:temporal"]["dcat:endDate"]) == (
        "2026-01-01", "2026-01-31",
    )  # fmt: skip
    csv, _ = month["dcat:distribution"]
    content = (tmp_path / "index/2026-01.csv").read_bytes()
    assert csv["dcat:accessURL"] == f"{BASE}/index/2026-01.csv" and csv["dcat:byteSize"] == str(len(content))
    assert csv["spdx:checksum"]["spdx:checksumValue"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("calls", [("2026-13", "2026-13"), ("tháng ba", "2026-03"), ("2026-03", "2026-02")])
def test_what_is_no_month_is_refused(calls: tuple[str, str]) -> None:
    with pytest.raises(Refused):
        months(*calls)
