"""The official forms of a unit and a period, with the figures of the units below it."""

from __future__ import annotations

from collections.abc import Mapping

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.oversight.country import Country
from services.oversight.domain.forms import COLUMNS, TITLES, Form, FormPlaces
from services.oversight.domain.units import Units
from services.oversight.fact_store import FactStore
from services.oversight.figure_requests import FigureRequest, check_unit, cut_off_text, period_between, window_of
from services.oversight.seals import Seals


class FormDesk:
    """Forms II.06 and II.06a of Circular 01/2020/TT-VPCP."""

    def __init__(self, facts: FactStore, country: Country, seals: Seals) -> None:
        self.facts, self.country, self.seals = facts, country, seals

    @classmethod
    def from_settings(cls, settings: Settings) -> FormDesk:
        return cls(FactStore.from_settings(settings), Country.from_settings(settings), Seals.from_settings(settings))

    def report(self, form: str, unit: str, from_date: str, to_date: str, cut_off: str | None, provinces: int) -> Json:
        """Rows with the form's column numbers; ``units``: totals of each unit below, which add up to the last row."""
        window = window_of(period_between(from_date, to_date), cut_off)
        units = self.country.units(window)
        check_unit(units, unit, provinces)
        request = FigureRequest(window, unit, provinces)
        field_of = {code: procedure.field for code, procedure in self.country.procedures(window).items()}
        places = FormPlaces(lambda code: units.agency(code).kind, field_of)
        whole_form = Form(window, places)
        parts = {part: Form(window, places) for part in units.parts(unit, provinces)}
        for fact in self.facts.facts(window, units.scope(unit, provinces)):
            whole_form.add(fact)
            part = units.part_of(unit, fact.agency_code, provinces)
            parts.setdefault(part, Form(window, places)).add(fact)
        key = request.key(form=form, from_date=from_date, to_date=to_date)
        return self.seals.sealed(key, {**_heading(form, request, units), **_body(key, whole_form, parts, units)})


def _heading(form: str, request: FigureRequest, units: Units) -> Json:
    period = request.window.period
    return {
        "form": form,
        "unit": request.unit,
        "unit_name": units.name(request.unit),
        "from_date": period.first.isoformat(),
        "to_date": period.last.isoformat(),
        "cut_off": cut_off_text(request.window.cut_off),
        "provinces": request.provinces,
        "compared": "days",
    }


def _body(key: str, whole_form: Form, parts: Mapping[str, Form], units: Units) -> Json:
    rows = [{**row, "figure": f"{key}&row={row['level']}/{row['field']}"} for row in whole_form.rows()]
    below = [
        {"unit": unit, "name": units.name(unit), **{name: parts[unit].rows()[-1][name] for name in COLUMNS}}
        for unit in sorted(parts)
    ]
    columns = {number: {"vi": vi, "en": en} for number, (vi, en) in TITLES.items()}
    return {"columns": columns, "rows": rows, "units": below}
