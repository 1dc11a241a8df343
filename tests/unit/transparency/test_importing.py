"""Older histories are read as they are: nothing invented, nothing lost without a word."""

import gzip
import io
from typing import Any

import pytest

from services.applications.exchange.history_reader import BadMapping, Columns, read_history
from services.applications.exchange.timestamps import written_instant
from services.applications.exchange.xes_reader import NotXes

MAPPING = Columns.parse("case: ma_ho_so\nactivity: viec\ntimestamp: luc\nresource: can_bo\n")
HEADING = "ma_ho_so,viec,luc,can_bo,phong\n"


def read(text: str, mapping: Columns = MAPPING, name: str = "old.csv"):
    return read_history(io.BytesIO(text.encode()), name, mapping)


def test_cases_are_gathered_and_ordered_by_time_whatever_the_order_of_lines() -> None:
    history = read(HEADING + "H1,Duyệt,2019-05-03 10:00,b,P2\nH2,Nộp,2019-05-01,c,\nH1,Nộp,01/05/2019 08:00,a,P1\n")
    assert [(a.activity, a.line, a.resource) for a in history.cases["H1"]] == [("Nộp", 4, "a"), ("Duyệt", 2, "b")]
    assert history.cases["H1"][0].attributes == {"phong": "P1"} and history.activities == 3
    assert history.cases["H1"][0].at.isoformat() == "2019-05-01T08:00:00+07:00"


def test_lines_that_say_the_same_are_events_of_their_own_and_counted() -> None:
    history = read(HEADING + "H1,Nộp,2019-05-01,a,P1\nH1,Nộp,2019-05-01,a,P1\nH1,Nộp,2019-05-01,a,P2\n")
    assert history.duplicates == 1 and [row.line for row in history.cases["H1"]] == [2, 3, 4]


@pytest.mark.parametrize(
    "line",
    ["H1,Nộp,sometime,a,P", "H1,,2019-05-01,a,P", ",Nộp,2019-05-01,a,P", "H1,Nộp,,a,P", "H1,Nộp", "a,b,c,d,e,f,g"],
)
def test_a_bad_line_is_reported_by_its_number_and_left_out(line: str) -> None:
    history = read(f"{HEADING}H1,Nộp,2019-05-01,a,P1\n{line}\nH2,Nộp,2019-05-01,a,P1\n")
    assert [bad["line"] for bad in history.bad] == [3] and history.activities == 2


def test_a_spreadsheets_csv_is_read() -> None:
    history = read(
        "\ufeff" + HEADING.replace(",", ";") + 'H1;"Nộp; trực tuyến";2019-05-01T08:00:00+07:00;a;"hai\ndòng"\nx;y\n'
    )
    assert (
        history.cases["H1"][0].activity == "Nộp; trực tuyến"
        and history.cases["H1"][0].attributes["phong"] == "hai\ndòng"
    )
    assert history.bad[0]["line"] == 4


def test_a_case_log_is_read_with_the_attributes_of_its_traces() -> None:
    event = '<event><string key="concept:name" value="{}"/><date key="time:timestamp" value="{}"/></event>'
    log = '<log><trace><string key="concept:name" value="H1"/><string key="khu" value="A"/>'
    log += event.format("Duyệt", "2019-05-02T00:00:00Z") + event.format("Nộp", "2019-05-01T00:00:00Z")
    log += event.format("Hỏng", "x") + "</trace></log>"
    mapping = Columns.parse(
        "case: concept:name\nactivity: concept:name\ntimestamp: time:timestamp\nresource: org:resource"
    )
    history = read(log, mapping, "old.xes")
    assert [a.activity for a in history.cases["H1"]] == ["Nộp", "Duyệt"] and history.cases["H1"][0].resource is None
    assert history.cases["H1"][0].attributes == {"case:khu": "A"} and history.bad[0]["line"] == 3


@pytest.mark.parametrize("packed", [False, True])
def test_reading_a_file_tells_how_far_it_has_come(packed: bool) -> None:
    raw = (HEADING + "".join(f"H{n},Nộp,2019-05-01,a,P{n % 7}\n" for n in range(2_000))).encode()
    collected: list[Any] = []
    raw = gzip.compress(raw) if packed else raw
    read_history(io.BytesIO(raw), "old.csv", MAPPING, collected.append)
    assert collected == sorted(collected) and len(collected) == 4 and 0 < collected[-1] <= len(raw)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "case: a\nactivity: b\n",
        "case: a\nactivity: b\ntimestamp: c\nwhat: d\n",
        "case: [",
        "case: 1\nactivity: b\n",
    ],
)
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadMapping):
        Columns.parse(text)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(BadMapping, match="can_bo"):
        read("ma_ho_so,viec,luc\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-05-01T08:00:00Z", "2019-05-01T08:00:00+00:00"),
        ("2019-05-01T08:00:00.123456789+07:00", "2019-05-01T08:00:00.123456+07:00"),
        ("2019-05-01 08:00:00", "2019-05-01T08:00:00+07:00"),
        ("2019-05-01 08:00:00 +0900", "2019-05-01T08:00:00+09:00"),
        ("2019-05-01 08:00:00 UTC", "2019-05-01T08:00:00+00:00"),
        ("2019/5/1 8:05", "2019-05-01T08:05:00+07:00"),
        ("31/12/2019 23:59:59", "2019-12-31T23:59:59+07:00"),
        ("31-12-2019 23:59", "2019-12-31T23:59:00+07:00"),
        ("31.12.2019", "2019-12-31T00:00:00+07:00"),
        ("1/5/2019 1:30:00 CH", "2019-05-01T13:30:00+07:00"),
        ("01/05/2019 12:10 SA", "2019-05-01T00:10:00+07:00"),
        ("15:30 01/05/2019", "2019-05-01T15:30:00+07:00"),
        ("15 giờ 30 ngày 01/05/2019", "2019-05-01T15:30:00+07:00"),
        ("20190501", "2019-05-01T00:00:00+07:00"),
        ("12/31/2019", None),
        ("30/02/2019", None),
        ("01/05/2019 13:30 CH", None),
        ("0001-01-01", None),
        ("43586", None),
        ("hôm qua", None),
    ],
)
def test_times_are_read_as_written(text: str, expected: str | None) -> None:
    result = written_instant(text)
    assert (result.isoformat() if result else None) == expected


LINE = "H1{0}Nộp{0}2019-05-01{0}Cán bộ Á{0}P1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_read_however_it_was_saved(encoding: str, separator: str, packed: bool) -> None:
    raw = (HEADING.replace(",", separator) + LINE.format(separator)).encode(encoding)
    history = read_history(io.BytesIO(gzip.compress(raw) if packed else raw), "old.csv", MAPPING)
    assert [(a.activity, a.resource, dict(a.attributes)) for a in history.cases["H1"]] == [
        ("Nộp", "Cán bộ Á", {"phong": "P1"})
    ]


def test_a_spreadsheets_own_note_of_its_separator_is_no_heading() -> None:
    history = read("sep=;\r\n" + HEADING.replace(",", ";") + LINE.format(";") + "x;y\n")
    assert history.activities == 1 and history.bad[0]["line"] == 4


def test_bytes_that_are_no_text_are_not_guessed_at() -> None:
    raw = HEADING.encode() + b"H1,N\xf4p,2019-05-01,a,P1\n" + LINE.format(",").encode()
    history = read_history(io.BytesIO(raw), "old.csv", MAPPING)
    assert history.activities == 1 and history.bad == [{"line": 2, "problem": "column viec: bytes that are no text"}]


def test_a_quotation_mark_never_closed_costs_one_line_only() -> None:
    lines = "".join(f"H{n},Nộp,2019-05-01,a,P{n}\n" for n in range(300))
    history = read(HEADING + 'H0,"Nộp,2019-05-01,a,P\n' + lines + 'H0,Nộp,2019-05-01,"a"b,P\n')
    assert history.activities == 300 and [bad["line"] for bad in history.bad] == [2, 303]


def test_columns_without_a_name_or_with_the_same_are_all_kept() -> None:
    history = read("ma_ho_so,viec,luc,can_bo,x,x,\nH1,Nộp,2019-05-01,a,1,2,3\n")
    assert history.cases["H1"][0].attributes == {"x": "1", "x (2)": "2", "column 7": "3"}


NESTED = """<?xml version="1.0" encoding="{encoding}"?>
<x:log xmlns:x="http://www.xes-standard.org/"><x:extension name="Concept" prefix="concept" uri="u"/>
<x:global scope="event"><x:string key="khu" value="invented"/></x:global>
<x:trace><x:event><x:string key="concept:name" value="Duyệt"/>
<x:date key="time:timestamp" value="2019-05-02T08:00:00Z"/>
<x:string key="phi" value="20000"><x:string key="loai" value="lệ phí"/></x:string>
<x:list key="giay"><x:values><x:string key="ten" value="a"/><x:string key="ten" value="b"/></x:values></x:list>
</x:event>
<x:event><x:string key="concept:name" value="Nộp"/><x:date key="time:timestamp" value="2019-05-01T08:00:00Z"/></x:event>
<x:string key="concept:name" value="H1"><x:string key="nguon" value="sổ"/></x:string></x:trace></x:log>"""
STANDARD = Columns.parse(
    "case: case:concept:name\nactivity: concept:name\ntimestamp: time:timestamp\nresource: org:resource\n"
)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_nested_attributes_and_namespaces_are_read(encoding: str, packed: bool) -> None:
    raw = NESTED.format(encoding=encoding).encode(encoding)
    history = read_history(io.BytesIO(gzip.compress(raw) if packed else raw), "old.xes.gz", STANDARD)
    assert [a.activity for a in history.cases["H1"]] == ["Nộp", "Duyệt"]
    assert history.cases["H1"][1].attributes == {
        "case:concept:name/nguon": "sổ",
        "phi": "20000",
        "phi/loai": "lệ phí",
        "giay/ten": "a",
        "giay/ten (2)": "b",
    }


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_a_document_type_is_refused_in_any_encoding(encoding: str) -> None:
    raw = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE log [<!ENTITY a "b">]><log/>'.encode(encoding)
    with pytest.raises(NotXes):
        read_history(io.BytesIO(raw), "old.xes", STANDARD)


@pytest.mark.parametrize(
    "raw", [b"", b"<html/>", b"case,activity\n", b"<log><trace>", gzip.compress(b"<log/>" * 9)[:20]]
)
def test_what_is_no_case_log_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(NotXes):
        read_history(io.BytesIO(raw), "old.xes", STANDARD)
