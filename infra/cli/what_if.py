"""``portal what-if``: how a unit's figures of a period would change under another promise, another fee, other rules."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.chassis.json_types import Json
from infra.cli.audit_commands import print_json, table
from infra.cli.exit_codes import Refused
from infra.cli.official_session import official_session

SERVICES = ("identity", "catalog", "oversight")
FIGURES = ("score", "received", "late", "beyond", "owed", "collected")
NAMES = {
    "score": "điểm chỉ số / index score",
    "received": "tiếp nhận / received",
    "late": "trễ hạn / finished late",
    "beyond": "quá hạn / overdue",
    "owed": "phải thu / owed",
    "collected": "đã thu / collected",
}


def what_if(
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="A month, quarter or year: 2025-09, 2025-Q3, 2025.")],
    unit: Annotated[str | None, typer.Option(help="VN, a province's two digits, or an agency's code.")] = None,
    due_days: Annotated[int | None, typer.Option(help="Days added to every promise; may be negative.")] = None,
    fee: Annotated[int | None, typer.Option(min=0, help="The fee asked instead, in minor units.")] = None,
    rules: Annotated[str | None, typer.Option(help="Another rule set of the index, such as 766/2026.")] = None,
    procedure: Annotated[str | None, typer.Option(help="Only applications of this procedure change.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Beside the official figures of a period, what they would have been. Hypothetical: nothing is stored or sealed."""
    options = {"due_days": due_days, "fee": fee, "rules": rules, "procedure_code": procedure}
    change = {name: value for name, value in options.items() if value is not None}
    if not change.keys() - {"procedure_code"}:
        raise Refused("nothing changes: give --due-days, --fee or --rules")
    with official_session(timeout=120, services=SERVICES) as rpc:
        answer = rpc.oversight.what_if(change=change, period=period, **({"unit": unit} if unit else {}))
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _print(answer: Json) -> None:
    actual, other = answer["actual"], answer["hypothetical_outcome"]
    typer.echo(f"{answer['note']['vi']} / {answer['note']['en']}")
    rows = [
        (NAMES[name], _text(actual[name]), _text(other[name]), _difference(actual, other, name)) for name in FIGURES
    ]
    title = f"{answer['unit']} {answer['period']}  {actual['rules']} → {other['rules']}"
    table(title, ("", "thực tế / actual", "giả định / hypothetical", "±"), rows)
    moved = [
        (row["unit"], str(row["rank"]), str(row["hypothetical_rank"]), f"{row['moved']:+d}")
        for row in answer["ranks"]
        if row["moved"]
    ]
    if moved:
        table("xếp hạng / ranks", ("tỉnh / province", "thực tế / actual", "giả định / hypothetical", "±"), moved)


def _difference(actual: Json, other: Json, name: str) -> str:
    if actual[name] is None or other[name] is None:
        return "–"
    return f"{round(other[name] - actual[name], 4):+,}"


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"
