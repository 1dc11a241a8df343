"""The layout of a file of records is recognised; an export is written page by page."""

import io
from typing import cast

import pytest

from infra.chassis.wire_types import Cluster
from infra.cli.catalogue import export_all
from infra.cli.catalogue_files import _record as record_of
from infra.cli.catalogue_files import layout_of


@pytest.mark.parametrize(
    ("record", "layout"),
    [
        ({"ma_thu_tuc": "1.000757"}, "portal"),
        ({"thu_tuc_id": "1.013124", "metadata": {}}, "structured"),
        ({"code": "1.001193", "title": {"vi": "x"}}, "definition"),
        ({"definition": {"code": "1.001193", "title": {"vi": "x"}}, "version": 2}, "definition"),
    ],
)
def test_layouts_tell_themselves_apart(record, layout):
    assert layout_of(record) == layout


@pytest.mark.parametrize(
    ("form", "content", "expected"),
    [
        ("json", '[{"definition": {"code": "1.1"}, "version": 1}]', '{"definition": {"code": "1.1"}, "version": 1}\n'),
        ("csv", "code\r\n1.1\r\n", "code\r\n1.1\r\n"),
        ("cpsv-ap", '{"@graph": []}', '{"@graph": []}\n'),
    ],
)
def test_an_export_is_written_page_by_page(form, content, expected):
    class Exporting:
        def __init__(self):
            self.catalog, self.cursors = self, []

        def export(self, *, format, at, cursor, limit, history):
            assert (format, at, history) == (form, "2026-01-01", True)
            self.cursors.append(cursor)
            return {"content": content, "count": 1, "next_cursor": {None: "more"}.get(cursor)}

    client, out = Exporting(), io.StringIO()
    assert export_all(cast(Cluster, client), form, "2026-01-01", True, out, lambda done: None) == 2
    assert (client.cursors, out.getvalue()) == ([None, "more"], expected * 2)


def test_a_record_with_a_field_twice_is_no_record():
    assert record_of(b'{"ma_thu_tuc": "1.1", "ten_thu_tuc": "A", "ten_thu_tuc": "B"}') == (
        "not JSON: a field stands in it twice"
    )
    assert record_of(b'{"ma_thu_tuc": "1.1", "o": [{"a": 1, "a": 1}]}') == "not JSON: a field stands in it twice"
    assert record_of(b'{"ma_thu_tuc": "1.1", "o": [{"a": 1}, {"a": 1}]}') == {
        "ma_thu_tuc": "1.1",
        "o": [{"a": 1}, {"a": 1}],
    }
