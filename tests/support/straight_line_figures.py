"""Form II.06 and the index of 2026 and 2022 once more, in a straight line: shares no code with the service.

Reads events as they are published, one application after the other, with the standard library alone, and counts
what the texts say in the order in which they say it. ``tests/unit/oversight/test_straight_line.py`` compares.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HANOI = timezone(timedelta(hours=7))
Counts = dict[str, Counter[str]]


def new_codes() -> dict[str, str]:
    """Old province -> new one, as the resolution of June 2025 lists them."""
    law = json.loads((ROOT / "infra/chassis/text/provinces.json").read_text(encoding="utf-8"))
    return {old: new for new, olds in law["merged"].items() for old in olds}


def straight_line(
    histories: Iterable[list[dict[str, Any]]],
    first: datetime,
    after: datetime,
    cut_off: datetime,
    province_of: Mapping[str, str],
) -> tuple[Counts, Counts, Counts, dict[str, dict[str, set[str]]]]:
    """For each province: columns of II.06; numerators; denominators; procedures that show something."""
    columns: Counts = defaultdict(Counter)
    top: Counts = defaultdict(Counter)
    bottom: Counts = defaultdict(Counter)
    signs: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    end = min(after, cut_off + timedelta(microseconds=1))
    for events in histories:
        # 1. what happened until the end
        accepted = promised = due = submitted = decided = None
        how = channel = level = rating = None
        waiting = appealed = online_payment = counter_payment = False
        fee, papers = 0, 0
        requests: list[datetime] = []
        waited = timedelta()
        flags: dict[str, Any] = {}
        e_result: bool | None = None
        gives_result = False
        for event in events:
            data = event["data"]
            at = datetime.fromisoformat(data["at"])
            if at >= end or at > cut_off:
                continue
            kind = event["type"]
            waiting = data["status"] in ("supplement_requested", "payment_requested", "withdrawal_requested")
            if kind == "application_attached.v1":
                papers += 1
            if kind == "application_submitted.v1":
                submitted, channel, level = at, data["channel"], data["level"]
                fee = data["quote"]["total"]["amount"]
                flags = {name: data.get(name) for name in ("reused", "from_store", "verified_sign_in")}
            if kind == "application_accepted.v1":
                accepted = at
            if kind in ("application_accepted.v1", "deadline_extended.v1", "appeal_upheld.v1"):
                promised = due = data["due_at"] and datetime.fromisoformat(data["due_at"])
            if kind == "supplement_requested.v1":
                requests.append(at)
            if kind == "application_supplemented.v1":
                waited += at - requests[-1]
                if data["due_at"]:
                    due = datetime.fromisoformat(data["due_at"])
            if kind == "fee_settled.v1" and data["how"] == "paid":
                if data["method"] in ("cash", "transfer"):
                    counter_payment = True
                else:
                    online_payment = True
            for ending in ("intake_refused", "application_rejected", "application_approved",
                           "application_stopped", "application_withdrawn"):  # fmt: skip
                if kind == ending + ".v1":
                    decided, how = at, ending
            if kind == "application_approved.v1":
                e_result, gives_result = data.get("electronic_result"), True
            if kind == "appealed.v1":
                appealed = True
            if kind == "appeal_upheld.v1":
                decided = how = e_result = None
                gives_result = False
                accepted = accepted or at
            if kind == "application_rated.v1":
                rating = data["stars"]
        province = province_of[events[0]["data"]["agency_code"]]
        column, up, down, shows = columns[province], top[province], bottom[province], signs[province]
        procedure = events[0]["data"]["procedure_code"]

        # 2. the form
        if accepted is None:
            if submitted and not decided:
                column["awaiting_acceptance"] += 1
            if how == "intake_refused" and decided and decided >= first:
                column["refused"] += 1
        belongs = accepted is not None and not (decided and decided < first)
        if belongs and accepted is not None:
            column["(3)"] += 1
            if accepted < first:
                column["(6)"] += 1
            elif channel == "online":
                column["(4)"] += 1
                column["full_online"] += level == 4
                column["part_online"] += level == 3
            else:
                column["(5)"] += 1
                column["by_post"] += channel == "post"
                column["in_person"] += channel == "counter"
            if how in ("application_approved", "application_rejected") and decided:
                column["(7)"] += 1
                day, due_day = decided.astimezone(HANOI).date(), due and due.astimezone(HANOI).date()
                if due_day is None or day == due_day:
                    column["(9)"] += 1
                elif day < due_day:
                    column["(8)"] += 1
                else:
                    column["(10)"] += 1
            else:
                column["(11)"] += 1
                last_day = (end - timedelta(microseconds=1)).astimezone(HANOI).date()
                over = due is not None and due.astimezone(HANOI).date() < last_day
                beyond = over and not waiting and how is None
                column["(13)" if beyond else "(12)"] += 1
            column["stopped"] += how == "application_stopped"
            column["withdrawn"] += how == "application_withdrawn"
            column["paid_online"] += online_payment and accepted >= first
            column["paid_at_counter"] += counter_payment and accepted >= first

            # 3. the index: handled in time, by instants
            late = False
            if promised is not None:
                until = decided or (
                    requests[-1] if waiting and _answers(events, end, cut_off) < len(requests) else None
                )
                until = until or end - timedelta(microseconds=1)
                late = until - waited > promised
            if len(requests) > 1 and waiting and decided is None:
                late = True
            bad = appealed or (rating is not None and rating <= 2)
            _count(up, down, "in_time", not late)
            _count(up, down, "done_in_time" if decided else "running_in_time", not late)
            _count(up, down, "satisfied_by_shares", 1 - late - bad)
            if decided:
                _count(up, down, "satisfied_of_handled", not late and not bad)
        if accepted is not None and accepted >= first:
            _count(up, down, "sent_online", channel == "online")
            if level == 4:
                _count(up, down, "full_online", channel == "online")
            _count(up, down, "electronic_result", e_result if gives_result else 0)
            both = None if e_result is None else e_result and papers > 0
            _count(up, down, "digitised", both if gives_result else 0)
            _count(up, down, "reused", flags.get("reused"))
            _count(up, down, "from_store", flags.get("from_store"))
            marks = [flags[name] for name in ("verified_sign_in", "from_store") if flags.get(name) is not None]
            _count(up, down, "register_dossiers", any(marks) if marks else None)
        started = accepted or submitted
        if started is not None and started >= first:
            if fee:
                _count(up, down, "paid_online", online_payment)
                shows["carried_fee"].add(procedure)
                if online_payment:
                    shows["paid_online"].add(procedure)
            if channel == "online" and accepted:
                shows["accepted_online"].add(procedure)
            if flags.get("verified_sign_in") or flags.get("from_store"):
                shows["used_register"].add(procedure)
        if how == "application_approved" and decided and decided >= first:
            _count(up, down, "electronic_result_finished", e_result)
    return columns, top, bottom, signs


def _count(up: Counter[str], down: Counter[str], name: str, what: Any) -> None:
    down[name] += 1
    if what is not None:
        up[name] += int(what)


def _answers(events: list[dict[str, Any]], end: datetime, cut_off: datetime) -> int:
    """How many requests for a supplement were answered by then."""
    answers = 0
    for event in events:
        at = datetime.fromisoformat(event["data"]["at"])
        answers += event["type"] == "application_supplemented.v1" and at < end and at <= cut_off
    return answers
