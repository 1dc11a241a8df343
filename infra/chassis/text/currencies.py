"""Which currencies are money on a day: codes of ISO 4217 in the dated lists of CLDR, as *babel* has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from babel.core import get_global

from infra.chassis.instants import today
from infra.chassis.refusals import InvalidRequest


def is_in_tender(code: str, day: date) -> bool:
    """Whether some country pays with the currency on the day: VND and USD, not DEM (until 2002), XAU or XYZ."""
    return any(since <= day <= until for since, until in _periods().get(code, ()))


def check_in_tender(code: str, pointer: str) -> None:
    """Refuses ``InvalidRequest`` at the pointer for a code with which nobody pays today."""
    if not is_in_tender(code, today()):
        raise InvalidRequest.at(pointer, "không phải tiền đang lưu hành", "no currency in use")


def decimals_of(code: str) -> int:
    """How many decimals an amount has: none in đồng and yen, two in dollars; two, too, where nobody says."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(code, fractions["DEFAULT"])[0])


def amount_in_figures(amount: int, code: str) -> str:
    """Minor units as Vietnamese write them: ``135.000`` (VND), ``1.250,50`` (USD)."""
    decimals = decimals_of(code)
    units, rest = divmod(abs(amount), 10**decimals)
    sign = "-" if amount < 0 else ""
    return sign + f"{units:,}".replace(",", ".") + (f",{rest:0{decimals}}" if decimals else "")


@cache
def _periods() -> dict[str, list[tuple[date, date]]]:
    periods: dict[str, list[tuple[date, date]]] = {}
    for currencies in get_global("territory_currencies").values():
        for code, since, until, is_tender in currencies:
            if is_tender:
                periods.setdefault(code, []).append((_day(since, date.min), _day(until, date.max)))
    return periods


def _day(parts: Iterable[int] | None, otherwise: date) -> date:
    return date(*parts) if parts else otherwise
