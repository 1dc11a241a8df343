"""Older histories are read as they are: nothing invented, nothing lost without a word."""

import io

import pytest

from services.applications.audit.importing import BadMapping, Columns, instant, read_history

MAPPING = Columns.parse("case: ma_ho_so\nactivity: viec\ntimestamp: luc\nresource: can_bo\n")
HEADING = "ma_ho_so,viec,luc,can_bo,phong\n"


def read(text: str, mapping: Columns = MAPPING, name: str = "old.csv"):
    return read_history(io.BytesIO(text.encode()), name, mapping)


def test_cases_are_gathered_and_ordered_by_time_whatever_the_order_of_lines() -> None:
    found = read(HEADING + "H1,Duyệt,2019-05-03 10:00,b,P2\nH2,Nộp,2019-05-01,c,\nH1,Nộp,01/05/2019 08:00,a,P1\n")
    assert [(a.activity, a.line, a.resource) for a in found.cases["H1"]] == [("Nộp", 4, "a"), ("Duyệt", 2, "b")]
    assert found.cases["H1"][0].attributes == {"phong": "P1"} and found.activities == 3
    assert found.cases["H1"][0].at.isoformat() == "2019-05-01T08:00:00+07:00"


def test_lines_that_say_the_same_are_taken_once_and_counted() -> None:
    found = read(HEADING + "H1,Nộp,2019-05-01,a,P1\nH1,Nộp,2019-05-01,a,P1\nH1,Nộp,2019-05-01,a,P2\n")
    assert found.duplicates == 1 and found.activities == 2


@pytest.mark.parametrize(
    "line",
    ["H1,Nộp,sometime,a,P", "H1,,2019-05-01,a,P", ",Nộp,2019-05-01,a,P", "H1,Nộp,,a,P", "H1,Nộp", "a,b,c,d,e,f,g"],
)
def test_a_bad_line_is_reported_by_its_number_and_left_out(line: str) -> None:
    found = read(f"{HEADING}H1,Nộp,2019-05-01,a,P1\n{line}\nH2,Nộp,2019-05-01,a,P1\n")
    assert [bad["line"] for bad in found.bad] == [3] and found.activities == 2


def test_a_spreadsheets_csv_is_read() -> None:
    found = read(
        "\ufeff" + HEADING.replace(",", ";") + 'H1;"Nộp; trực tuyến";2019-05-01T08:00:00+07:00;a;"hai\ndòng"\nx;y\n'
    )
    assert (
        found.cases["H1"][0].activity == "Nộp; trực tuyến" and found.cases["H1"][0].attributes["phong"] == "hai\ndòng"
    )
    assert found.bad[0]["line"] == 4


def test_a_case_log_is_read_with_the_attributes_of_its_traces() -> None:
    event = '<event><string key="concept:name" value="{}"/><date key="time:timestamp" value="{}"/></event>'
    log = '<log><trace><string key="concept:name" value="H1"/><string key="khu" value="A"/>'
    log += event.format("Duyệt", "2019-05-02T00:00:00Z") + event.format("Nộp", "2019-05-01T00:00:00Z")
    log += event.format("Hỏng", "x") + "</trace></log>"
    mapping = Columns.parse(
        "case: concept:name\nactivity: concept:name\ntimestamp: time:timestamp\nresource: org:resource"
    )
    found = read(log, mapping, "old.xes")
    assert [a.activity for a in found.cases["H1"]] == ["Nộp", "Duyệt"] and found.cases["H1"][0].resource is None
    assert found.cases["H1"][0].attributes == {"case:khu": "A"} and found.bad[0]["line"] == 3


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
        ("2019-05-01 08:00:00", "2019-05-01T08:00:00+07:00"),
        ("31/12/2019 23:59:59", "2019-12-31T23:59:59+07:00"),
        ("31/12/2019", "2019-12-31T00:00:00+07:00"),
        ("12/31/2019", None),
        ("hôm qua", None),
    ],
)
def test_times_are_read_as_written(text: str, expected: str | None) -> None:
    found = instant(text)
    assert (found.isoformat() if found else None) == expected
