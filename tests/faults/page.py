"""One page of all verdicts: a table, and for each run the throughput over time with the faults marked (plain SVG)."""

from __future__ import annotations

import html
import json
import os
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, FLOOR = 860, 150, 120
COLUMNS = (
    "scenario", "seed", "seconds", "faults", "attempted", "acknowledged", "unknown", "lost", "duplicated", "unexpected",
    "recovered", "drained", "quarantined", "histories_verified",
)  # fmt: skip
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:13px}"
    "td,th{padding:.25rem .5rem;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}.failed{color:#a00}.held{color:#060}"
)


def folder() -> Path:
    return Path(os.environ.get("VERDICTS", "build/verdicts"))


def write_page(where: Path | None = None) -> Path:
    """``index.html`` beside the verdicts; the path of it."""
    where = where or folder()
    verdicts = [json.loads(path.read_text()) for path in sorted(where.glob("*.json"))]
    body = "".join(f"<h2>{_(one['scenario'])}, seed {one['seed']}</h2>{chart(one)}" for one in verdicts)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Fault runs</title><style>{STYLE}</style>'
        f"<h1>Fault runs</h1>{table(verdicts)}"
        f"<p>Charts: commands acknowledged per second; red lines are faults.</p>{body}"
    )
    (where / "index.html").write_text(page)
    return where / "index.html"


def _(value: Any) -> str:
    return html.escape(str(value))


def cell(verdict: dict[str, Any], name: str) -> str:
    """How a figure is shown: lists by their length, times with one digit."""
    value = verdict[name]
    if isinstance(value, list):
        return str(len(value))
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def table(verdicts: list[dict[str, Any]]) -> str:
    head = "".join(f"<th>{_(name.replace('_', ' '))}</th>" for name in (*COLUMNS, "verdict"))
    rows = ""
    for one in verdicts:
        how = "held" if one["held"] else "failed"
        rows += f"<tr>{''.join(f'<td>{_(cell(one, name))}</td>' for name in COLUMNS)}<td class={how}>{how}</td></tr>"
    return f"<table><tr>{head}</tr>{rows}</table>"


def markdown(verdicts: list[dict[str, Any]]) -> str:
    """The same table for a README."""
    lines = ["| " + " | ".join(name.replace("_", " ") for name in COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    lines += ["| " + " | ".join(cell(one, name) for name in COLUMNS) + " |" for one in verdicts]
    return "\n".join(lines)


def chart(verdict: dict[str, Any]) -> str:
    """Bars of throughput, one per second, and a line per fault with its name on hovering."""
    counts = verdict["throughput"] or [0]
    step, top = WIDTH / len(counts), max(*counts, 1)
    bars = "".join(
        f'<rect x="{at * step:.1f}" y="{FLOOR - FLOOR * count / top:.1f}" width="{max(step - 1, 0.5):.1f}" '
        f'height="{FLOOR * count / top:.1f}" fill="#4a7fb5"/>'
        for at, count in enumerate(counts)
    )
    marks = "".join(
        f'<line x1="{at * step:.1f}" x2="{at * step:.1f}" y1="0" y2="{FLOOR}" stroke="#c33" stroke-width="1">'
        f"<title>{_(what)} at {at:.1f} s</title></line>"
        for at, what in verdict["marks"]
    )
    axis = (
        f'<line x1="0" x2="{WIDTH}" y1="{FLOOR}" y2="{FLOOR}" stroke="#888"/>'
        f'<text x="0" y="{FLOOR + 18}" font-size="12">0 s</text>'
        f'<text x="{WIDTH}" y="{FLOOR + 18}" font-size="12" text-anchor="end">{len(counts) - 1} s</text>'
        f'<text x="4" y="12" font-size="12">{top}/s</text>'
    )
    label = f"Throughput of {_(verdict['scenario'])} with {len(verdict['marks'])} faults"
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" aria-label="{label}">{bars}{marks}{axis}</svg>'


if __name__ == "__main__":
    kept = [json.loads(path.read_text()) for path in sorted(folder().glob("*.json"))]
    sys.stdout.write(markdown(kept) + f"\n\n{write_page()}\n")
