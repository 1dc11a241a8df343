"""One page of all verdicts: what held, a table, and for each run the throughput over time with the faults marked.

Plain HTML and SVG, no script, nothing fetched; light or dark as the reader's system says.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WIDTH, BARS, LANE, FOOT, LEFT = 960, 110, 12, 20, 54
MOST_BARS = 240
KINDS_SHOWN = 8
LONGEST_FACT = 900  # characters
OVER_TIME = "MiB over time"  # a soak's fact: the memory of each process at equal steps
NAMES = 175  # room for them right of the lines
COLUMNS = {
    "scenario": "scenario",
    "seed": "seed",
    "seconds": "seconds",
    "faults": "faults",
    "attempted": "attempted",
    "acknowledged": "acknow\u00adledged",
    "unknown": "un\u00adknown",
    "lost": "lost",
    "duplicated": "dupli\u00adcated",
    "unexpected": "unex\u00adpected",
    "recovered": "re\u00adcovered, s",
    "drained": "drained, s",
    "quarantined": "quaran\u00adtined / poison",
    "histories_verified": "his\u00adtories verified",
}
MUST_BE_NONE = ("lost", "duplicated", "unexpected")
STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--paper:#fff;--bar:#3b74b4;--mark:#c2410c;
--good:#15683a;--bad:#b42318;--tint:#f5f7fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa6b5;--line:#333c48;--paper:#12161c;--bar:#6ea8e5;
--mark:#fb923c;--good:#5fd38d;--bad:#ff8a7a;--tint:#1a2029}}
body{font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;color:var(--ink);background:var(--paper);max-width:1080px;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .2rem}p{margin:.2rem 0}.soft{color:var(--soft)}
.small{font-size:12.5px}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:12.5px;font-variant-numeric:tabular-nums;margin:1rem 0}
th{font-weight:600;color:var(--soft);vertical-align:bottom;line-height:1.2}th:first-child{min-width:9.5em}
td,th{padding:.25rem .32rem;border-bottom:1px solid var(--line);text-align:right;hyphens:manual}
td:first-child,th:first-child{text-align:left}tbody tr:nth-child(even){background:var(--tint)}
.held{color:var(--good)}.failed{color:var(--bad);font-weight:600}ul{margin:.3rem 0;padding-left:1.2rem}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}
.bar{fill:var(--bar)}.tick{stroke:var(--mark);stroke-width:1.5}.fall{stroke:var(--mark);stroke-width:1;opacity:.16}
.axis{stroke:var(--line)}.line{fill:none;stroke:var(--bar);stroke-width:1.5}a{color:inherit}
"""


def folder() -> Path:
    return Path(os.environ.get("VERDICTS", "build/verdicts"))


def write_page(where: Path | None = None) -> Path:
    """``index.html`` next to the verdicts; the path of it."""
    where = where or folder()
    where.mkdir(parents=True, exist_ok=True)
    (where / "index.html").write_text(page(verdicts_in(where)))
    return where / "index.html"


def verdicts_in(where: Path) -> list[dict[str, Any]]:
    """The verdicts in the order they were reached."""
    match = [json.loads(path.read_text()) for path in where.glob("*.json")]
    return sorted(match, key=lambda scenario: (scenario.get("begun", 0.0), scenario["scenario"], scenario["seed"]))


def page(verdicts: list[dict[str, Any]]) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Fault runs</title><style>{STYLE}</style><h1>Fault runs</h1>{summary(verdicts)}"
        f'<div class="wide">{table(verdicts)}</div>'
        '<p class="soft">Charts: commands acknowledged to clients (events seen, for the log), and above them each '
        "fault when it happened; point at one for its name. Below a soak the memory of each process, from 0 up.</p>"
        + "".join(section(verdict) for verdict in verdicts)
    )


def _(value: Any) -> str:
    return html.escape(str(value))


def summary(verdicts: list[dict[str, Any]]) -> str:
    """What held, in one line, and what did not, by name."""
    stored = sum(verdict["held"] for verdict in verdicts)
    how = "held" if stored == len(verdicts) else "failed"
    minutes = sum(verdict["seconds"] for verdict in verdicts) / 60
    begun = min((verdict["begun"] for verdict in verdicts if verdict.get("begun")), default=0.0)
    when = f", from {datetime.fromtimestamp(begun, UTC):%Y-%m-%d %H:%M} UTC" if begun else ""
    seeds = ", ".join(sorted({str(verdict["seed"]) for verdict in verdicts}))
    faults = sum(verdict["faults"] for verdict in verdicts if verdict["marks"])
    histories = sum(verdict["histories_verified"] for verdict in verdicts)
    return (
        f'<p><strong class="{how}">{stored} of {len(verdicts)} runs held</strong>; seed {seeds}; {minutes:.0f} minutes'
        f"{when}; {faults} faults, {histories} histories verified.</p>"
    )


def cell(verdict: dict[str, Any], name: str) -> str:
    """How a figure is shown: lists by their length, times with one digit."""
    value = verdict[name]
    if name == "scenario":
        return str(value).replace("_", " ")
    if name == "quarantined":
        return f"{value} / {verdict['poison']}"
    if isinstance(value, list):
        return str(len(value))
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def table(verdicts: list[dict[str, Any]]) -> str:
    head = "".join(f"<th>{_(output)}</th>" for output in (*COLUMNS.values(), ""))
    rows = ""
    for verdict in verdicts:
        how = "held" if verdict["held"] else "failed"
        cells = "".join(_cell(verdict, name) for name in COLUMNS)
        rows += f'<tr>{cells}<td class="{how}">{how}</td></tr>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: dict[str, Any], name: str) -> str:
    view = _(cell(value, name))
    if name == "scenario":
        return f'<td><a href="#{_(place(value))}">{view}</a></td>'
    return f'<td class="failed">{view}</td>' if name in MUST_BE_NONE and value[name] else f"<td>{view}</td>"


def place(verdict: dict[str, Any]) -> str:
    return f"{verdict['scenario']}-{verdict['seed']}"


def markdown(verdicts: list[dict[str, Any]]) -> str:
    """A table for a README: one row for each scenario, all its seeds together, with the worst of the times."""
    heads = ["scenario", "seeds", "faults", "attempted", "acknowledged", *MUST_BE_NONE]
    heads += ["recovered at most, s", "drained at most, s", "quarantined / poison", "histories verified", "minutes"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    runs: dict[str, list[dict[str, Any]]] = {}
    for verdict in verdicts:
        runs.setdefault(cell(verdict, "scenario"), []).append(verdict)
    return "\n".join([*lines, *("| " + " | ".join(_row(name, its)) + " |" for name, its in runs.items())])


def _row(name: str, runs: list[dict[str, Any]]) -> list[str]:
    def together(what: str) -> int:
        return sum(len(run[what]) if isinstance(run[what], list) else run[what] for run in runs)

    seeds = ", ".join(str(verdict) for verdict in sorted({run["seed"] for run in runs}))
    sums = [f"{together(what):,}" for what in ("faults", "attempted", "acknowledged", *MUST_BE_NONE)]
    worst = [f"{max(run[what] for run in runs):.1f}" for what in ("recovered", "drained")]
    poison = f"{together('quarantined'):,} / {together('poison'):,}"
    minutes = f"{sum(run['seconds'] for run in runs) / 60:.0f}"
    return [name, seeds, *sums, *worst, poison, f"{together('histories_verified'):,}", minutes]


def section(verdict: dict[str, Any]) -> str:
    how = "held" if verdict["held"] else "failed"
    wrong = [_(output) for name in MUST_BE_NONE for output in verdict[name][:10]]
    text = f"<ul class='failed'>{''.join(f'<li>{name}</li>' for name in wrong)}</ul>" if wrong else ""
    return (
        f'<h2 id="{_(place(verdict))}">{_(cell(verdict, "scenario"))}, seed {verdict["seed"]} '
        f'<span class="{how}">{how}</span></h2><p>{_(faults_of(verdict))}</p>{text}{chart(verdict)}{memory(verdict)}'
        f'<p class="soft small">{_(facts_of(verdict))}</p>'
    )


def facts_of(verdict: dict[str, Any]) -> str:
    """What else was measured, as far as it is one figure or a few."""
    texts = [f"{name}: {_plain(value)}" for name, value in verdict["facts"].items() if name != OVER_TIME]
    return "; ".join(name for name in texts if len(name) < LONGEST_FACT)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def faults_of(verdict: dict[str, Any]) -> str:
    """The kinds of faults with how often each came: ``backends ended ×32, database stopped ×3``."""
    kinds = Counter(kind_of(what) for _at, what in verdict["marks"])
    texts = [f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.most_common(KINDS_SHOWN)]
    more = len(kinds) - len(texts)
    return ", ".join(texts) + (f" and {more} more kinds" if more > 0 else "")


def kind_of(what: str) -> str:
    """A mark without whom it hit and for how long."""
    output = re.sub(r"\b(identity|catalog|applications|payments|notifications|followers)(-\w+)?\b", "", what)
    output = re.sub(r"\s*(for )?[+-]?\d+(\.\d+)? s\b", "", output).strip()
    return re.sub(r"\s+", " ", re.sub(r"\s+(of|to)(?=\s|$)", "", output)) or what


def binned(counts: Sequence[int]) -> tuple[int, list[float]]:
    """Seconds per bar, and what came per second in each."""
    step = max(1, -(-len(counts) // MOST_BARS))
    return step, [sum(counts[at : at + step]) / len(counts[at : at + step]) for at in range(0, len(counts), step)]


def chart(verdict: dict[str, Any]) -> str:
    """Bars of throughput, above them a tick per fault with its name on hovering."""
    counts = verdict["throughput"] or [0]
    seconds, (per_bar, rates) = len(counts), binned(counts)
    top, inside = max(*rates, 1), WIDTH - LEFT
    floor, scale = LANE + BARS, inside / seconds
    bars = "".join(
        f'<rect class="bar" x="{LEFT + number * per_bar * scale:.1f}" y="{floor - BARS * rate / top:.1f}" '
        f'width="{max(per_bar * scale - 0.6, 0.6):.1f}" height="{BARS * rate / top:.1f}"/>'
        for number, rate in enumerate(rates)
    )
    marks = "".join(_mark(LEFT + min(at, seconds) * scale, floor, what, at) for at, what in verdict["marks"])
    label = f"Throughput of {_(cell(verdict, 'scenario'))} with {len(verdict['marks'])} faults"
    return (
        f'<svg viewBox="0 0 {WIDTH} {floor + FOOT}" role="img" aria-label="{label}">'
        f"{_axis(floor, top, seconds, scale)}{bars}{marks}</svg>"
    )


def memory(verdict: dict[str, Any]) -> str:
    """A line for each process of a soak: whether what it takes levels off. Nothing for other runs."""
    lines: dict[str, list[int]] = verdict["facts"].get(OVER_TIME, {})
    if not lines:
        return ""
    top, room = max(max(line) for line in lines.values()), WIDTH - LEFT - NAMES
    drawn, lowest = "", float(-LANE)
    for who, line in sorted(lines.items(), key=lambda entry: -entry[1][-1]):
        places = [(LEFT + room * at / max(len(line) - 1, 1), BARS * (1 - entry / top)) for at, entry in enumerate(line)]
        points = " ".join(f"{x:.1f},{y + LANE:.1f}" for x, y in places)
        lowest = max(places[-1][1], lowest + LANE)
        name = f"{who.split()[0]} {line[0]} → {line[-1]} MiB"
        drawn += f'<polyline class="line" points="{points}"><title>{_(who)}: {_plain(line)} MiB</title></polyline>'
        drawn += f'<text x="{LEFT + room + 6}" y="{lowest + LANE + 4:.1f}">{_(name)}</text>'
    ground = f'<line class="axis" x1="{LEFT}" x2="{LEFT + room}" y1="{LANE + BARS}" y2="{LANE + BARS}"/>'
    label = f"Memory of each process during {_(cell(verdict, 'scenario'))}, from 0 to {top} MiB"
    return f'<svg viewBox="0 0 {WIDTH} {LANE + BARS + FOOT}" role="img" aria-label="{label}">{ground}{drawn}</svg>'


def _mark(x: float, floor: int, what: str, at: float) -> str:
    title = f"<title>{_(what)} at {at:.1f} s</title>"
    return (
        f'<g>{title}<line class="fall" x1="{x:.1f}" x2="{x:.1f}" y1="{LANE}" y2="{floor}"/>'
        f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="1" y2="{LANE - 2}"/></g>'
    )


def _axis(floor: int, top: float, seconds: int, scale: float) -> str:
    lines = "".join(
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{output}</text>'
        for y, output in (
            (LANE, f"{top:,.0f}/s"),
            (LANE + BARS / 2, f"{top / 2:,.{0 if top > 9 else 1}f}"),
            (floor, "0"),
        )
    )
    every = next(variant for variant in (5, 10, 30, 60, 120, 300, 600, 10**6) if seconds / variant <= 9)
    times = "".join(
        f'<text x="{LEFT + at * scale:.1f}" y="{floor + 15}" text-anchor="{"start" if at == 0 else "middle"}">'
        f"{at // 60}:{at % 60:02}</text>"
        for at in range(0, seconds, every)
    )
    return lines + times


if __name__ == "__main__":
    sys.stdout.write(markdown(verdicts_in(folder())) + f"\n\n{write_page()}\n")
