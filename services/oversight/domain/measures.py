"""What rows of the index count: numerators and denominators over the facts of a period, one measure a name.

A measure of applications says of one application whether it is in the denominator and what it adds to the numerator
(``None``: its events do not say). A measure of procedures says what one application shows about its procedure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.oversight.domain.fact import Fact
from services.oversight.domain.periods import FigureWindow
from services.oversight.domain.rules import RuleSet
from services.oversight.domain.standing import in_time_by_instant, standing

LEAST_ONLINE_LEVEL, FULL_LEVEL = 3, 4
DISLIKED = 2  # stars up to here
Part = tuple[str, int | None]  # measure, what is added to its numerator; being there adds one to the denominator


@dataclass(frozen=True)
class OfferedProcedure:
    """A procedure of the catalogue as figures know it, in force in the period."""

    code: str
    field: str
    level: int
    agency_codes: tuple[str, ...] = ()
    has_fees: bool | None = None
    full_content: bool | None = None


def parts_of(fact: Fact, window: FigureWindow, rules: RuleSet) -> Iterator[Part]:
    """Every measure of applications whose denominator holds this one."""
    if standing(fact, window) is not None:
        late = not in_time_by_instant(fact, window, repeated_always_late=rules.repeated_supplement_always_late)
        yield from _handled(fact, window, late=late)
    if fact.accepted_at is not None and window.holds(fact.accepted_at):
        yield from _accepted(fact)
    if fact.fee_owed and window.holds(_started_at(fact)):
        yield "paid_online", int(fact.paid_online)
    if fact.ending == "approved" and window.holds(fact.ended_at):
        yield "electronic_result_finished", _as_count(fact.electronic_result)


def _handled(fact: Fact, window: FigureWindow, *, late: bool) -> Iterator[Part]:
    ended = window.holds(fact.ended_at)
    disliked = fact.appealed or (fact.stars is not None and fact.stars <= DISLIKED)
    yield "in_time", int(not late)
    yield ("done_in_time" if ended else "running_in_time"), int(not late)
    yield "satisfied_by_shares", 1 - int(late) - int(disliked)  # two shares are taken off, so one may count twice
    if ended:
        yield "satisfied_of_handled", int(not late and not disliked)


def _accepted(fact: Fact) -> Iterator[Part]:
    yield "sent_online", int(fact.online)
    yield "electronic_result", _as_count(fact.electronic_result) if fact.result_due else 0
    yield "digitised", _as_count(fact.electronic_result and fact.papers > 0) if fact.result_due else 0
    yield "reused", _as_count(fact.reused)
    yield "from_store", _as_count(fact.from_store)
    yield "papers_replaced", _as_count(fact.replaced)
    yield "register_dossiers", _as_count(_any_known(fact.verified_sign_in, fact.from_store, fact.registers))
    if fact.level == FULL_LEVEL:
        yield "full_online", int(fact.online)


def shown_by(fact: Fact, window: FigureWindow) -> Iterator[str]:
    """What one application shows about its procedure in the period."""
    if not window.holds(_started_at(fact)):
        return
    if fact.online and fact.accepted_at is not None:
        yield "accepted_online"
    if fact.fee_owed:
        yield "carried_fee"
        if fact.paid_online:
            yield "paid_online"
    if _any_known(fact.verified_sign_in, fact.from_store, fact.registers):
        yield "used_register"


def _started_at(fact: Fact) -> int | None:
    return fact.submitted_at if fact.accepted_at is None else fact.accepted_at


def _as_count(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _any_known(*values: bool | None) -> bool | None:
    stated = [value for value in values if value is not None]
    return any(stated) if stated else None


@dataclass
class Counted:
    """Numerator and denominator of one measure; ``unknown``: how many of the denominator the events say nothing of."""

    numerator: int = 0
    denominator: int = 0
    unknown: int = 0

    def add(self, part: int | None) -> None:
        self.denominator += 1
        if part is None:
            self.unknown += 1
        else:
            self.numerator += part


@dataclass
class Tally:
    """The measures of one unit, filled fact by fact."""

    counted: dict[str, Counted] = field(default_factory=dict)
    shown_codes: dict[str, set[str]] = field(default_factory=dict)

    def add(self, measure: str, part: int | None) -> None:
        counted = self.counted.get(measure)
        if counted is None:
            counted = self.counted[measure] = Counted()
        counted.add(part)

    def show(self, what: str, procedure_code: str) -> None:
        self.shown_codes.setdefault(what, set()).add(procedure_code)

    def measure(self, name: str, procedures: Iterable[OfferedProcedure]) -> Counted | None:
        """``None`` for a measure that no event says anything about."""
        if name in PROCEDURE_MEASURES:
            return PROCEDURE_MEASURES[name](list(procedures), self.shown_codes)
        if name in NOT_RECORDED:
            return None
        return self.counted.get(name, Counted())


ShownCodes = Mapping[str, set[str]]


def _provision(least: int) -> Callable[[list[OfferedProcedure], ShownCodes], Counted]:
    return lambda procedures, _codes: Counted(
        sum(procedure.level >= least for procedure in procedures), len(procedures)
    )


def _online_services_used(procedures: list[OfferedProcedure], shown_codes: ShownCodes) -> Counted:
    online = [procedure for procedure in procedures if procedure.level >= LEAST_ONLINE_LEVEL]
    used = shown_codes.get("accepted_online", set())
    return Counted(sum(procedure.code in used for procedure in online), len(online))


def _fee_procedures_with_dossiers(procedures: list[OfferedProcedure], shown_codes: ShownCodes) -> Counted:
    carried = shown_codes.get("carried_fee", set())
    fees = {procedure.code for procedure in procedures if procedure.has_fees} | carried
    return Counted(len(carried), len(fees))


def _fee_procedures_paid_online(_procedures: list[OfferedProcedure], shown_codes: ShownCodes) -> Counted:
    return Counted(len(shown_codes.get("paid_online", set())), len(shown_codes.get("carried_fee", set())))


def _register_procedures(procedures: list[OfferedProcedure], shown_codes: ShownCodes) -> Counted | None:
    used = shown_codes.get("used_register", set())
    return Counted(sum(procedure.code in used for procedure in procedures), len(procedures)) if used else None


def _full_content(procedures: list[OfferedProcedure], _codes: ShownCodes) -> Counted | None:
    stated = [procedure for procedure in procedures if procedure.full_content is not None]
    return Counted(sum(bool(procedure.full_content) for procedure in stated), len(stated)) if stated else None


PROCEDURE_MEASURES: dict[str, Callable[[list[OfferedProcedure], ShownCodes], Counted | None]] = {
    "online_provision": _provision(LEAST_ONLINE_LEVEL),
    "full_online_provision": _provision(FULL_LEVEL),
    "online_services_used": _online_services_used,
    "fee_procedures_with_dossiers": _fee_procedures_with_dossiers,
    "fee_procedures_paid_online": _fee_procedures_paid_online,
    "register_procedures": _register_procedures,
    "full_content": _full_content,
}
# Measures whose facts no system of the platform records yet. Their rows are null and say so.
NOT_RECORDED = frozenset(
    {
        "announced_in_time", "published_in_time", "mirrored", "certified_copies", "papers_wholly_replaced",
        "procedures_reengineered", "fields_mapped",
    }
)  # fmt: skip
