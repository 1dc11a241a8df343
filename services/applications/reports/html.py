"""A report as one HTML file that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from datetime import datetime
from html import escape

from services.applications.reports.report import Report, Span, office_time_text

WIDTH, ROW = 900, 26
COLOURS = {"citizen": "#7aa6c2", "counter": "#c9a227", "officer": "#4f7f52", "over": "#999999"}
STYLE = """
body{font:14px/1.45 system-ui,'Noto Sans',sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:1.6rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #ddd;vertical-align:top}
td:first-child{white-space:nowrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}svg{width:100%;height:auto}
svg.key{width:24px;height:9px;margin-right:.4rem}p{font-size:12px;margin:.3rem 0 1rem}
@media print{body{margin:0;font-size:11px}}
"""


def report_as_html(report: Report) -> str:
    """The whole page."""
    return (
        f'<!doctype html><html lang="{report.language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(report.title)}</title>'
        f"<style>{STYLE}</style><main><h1>{escape(report.title)}</h1>{_facts(report.facts)}"
        f"<h2>{report.says('timeline')}</h2>{_timeline(report)}{_key(report)}{_hands(report)}"
        f"<h2>{report.says('events')}</h2>{_events(report)}{_facts(report.evidence)}</main></html>\n"
    )


def _facts(facts: list[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts)
    return f"<dl>{rows}</dl>" if rows else ""


def _timeline(report: Report) -> str:
    """One bar per pair of hands; pauses hatched; the due date a red line. The table below says the same in words."""
    height = ROW * len(report.spans) + 24
    bars = "".join(_bar(report, span, number) for number, span in enumerate(report.spans))
    due = ""
    if report.due_at:
        x = _x(report, report.due_at)
        due = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - 20}" stroke="#b00020" stroke-width="2"/>'
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(report.says("timeline"))}">'
        '<defs><pattern id="paused" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" fill="#eeeeee"/><rect width="3" height="6" fill="#9a9a9a"/></pattern></defs>'
        f'{bars}{due}<text x="0" y="{height - 4}" font-size="12">{office_time_text(report.since)}</text>'
        f'<text x="{WIDTH}" y="{height - 4}" font-size="12" text-anchor="end">'
        f"{office_time_text(report.until)}</text></svg>"
    )


def _key(report: Report) -> str:
    """What hatching and the red line mean, where there are any."""
    entries = []
    if any(span.paused for span in report.spans):
        hatched = '<svg class="key" viewBox="0 0 24 9"><rect width="24" height="9" fill="url(#paused)"/></svg>'
        entries.append(hatched + report.says("paused_key"))
    if report.due_at:
        line = '<svg class="key" viewBox="0 0 24 9"><rect x="11" width="2" height="9" fill="#b00020"/></svg>'
        entries.append(f"{line}{report.says('due_key')}: {office_time_text(report.due_at)}")
    return f"<p>{' &#160; '.join(entries)}</p>" if entries else ""


def _bar(report: Report, span: Span, number: int) -> str:
    left, right = _x(report, span.since), _x(report, span.until)
    fill = "url(#paused)" if span.paused else COLOURS[span.holder]
    label = f"{report.holder(span)}: {report.lasted(span)}"
    anchored = f'x="{left:.1f}"' if left < WIDTH * 0.6 else f'x="{right:.1f}" text-anchor="end"'
    y = number * ROW
    return (
        f'<rect x="{left:.1f}" y="{y + 14}" width="{max(right - left, 1.5):.1f}" height="9" fill="{fill}">'
        f"<title>{escape(label)}</title></rect>"
        f'<text {anchored} y="{y + 11}" font-size="11">{escape(label)}</text>'
    )


def _x(report: Report, at: datetime) -> float:
    seconds = (report.until - report.since).total_seconds() or 1.0
    return WIDTH * (at - report.since).total_seconds() / seconds


def _hands(report: Report) -> str:
    heads = "".join(f'<th scope="col">{report.says(key)}</th>' for key in ("from", "to", "where", "how_long"))
    rows = "".join(
        f"<tr><td>{office_time_text(span.since)}</td><td>{office_time_text(span.until)}</td><td>{escape(report.holder(span))}</td>"
        f"<td>{escape(report.lasted(span))}</td></tr>"
        for span in report.spans
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _events(report: Report) -> str:
    heads = "".join(f'<th scope="col">{report.says(key)}</th>' for key in ("when", "what", "who", "note"))
    rows = "".join(
        f"<tr><td>{office_time_text(line.at)}</td><td>{escape(line.what)}</td><td>{escape(line.who)}</td>"
        f"<td>{escape(line.note)}</td></tr>"
        for line in report.lines
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
