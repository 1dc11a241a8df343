"""What one row of the channel table says about money: its amount, weighed against its own description.

Nothing is quoted that the record contradicts. A row whose amount and description disagree, or whose description cannot be
read, becomes a fee of rule `not_stated`: it cannot be quoted until an editor decides. What the description seems to say is
handed on as a proposal beside the finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from services.catalog.importing.amounts import Amount, amounts_in, per_item
from services.catalog.importing.fee_options import ARITHMETIC, EXEMPTION, REFERENCE, Listed, choice, listed
from services.catalog.importing.fee_windows import Window, sound, taken_out
from services.catalog.importing.words import folded, says_nothing, squeezed

SET_ELSEWHERE = re.compile(
    r"hội đồng nhân dân|hđnd|ủy ban nhân dân|\bdo [^.;]{3,60}quy định|theo (?:mức|biểu|quy định|hướng dẫn|phí)|theo quyết định",
    re.IGNORECASE,
)
PLAINLY_FREE = re.compile(
    r"^(?:[-+]\s*)?(?:miễn (?:lệ )?phí(?:\s*\(|\s*$|\.|;| đăng ký| đối với trường hợp đăng ký qua mạng)|không (?:thu|mất|phải nộp)|"
    r"không được quy định tại biểu phí)",
    re.IGNORECASE,
)
# A description of free filings this short, without a number or a rule, only names what is free.
LONGEST_LABEL = 60
NO_RULE: dict[str, Any] = {"type": "not_stated"}
Rule = dict[str, Any]


@dataclass(frozen=True)
class Period:
    """One rule and the days it holds, both included; None is open."""

    rule: Rule
    first: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Reading:
    """One fee as a row states it; `kinds` are its findings, `proposal` what its description seems to mean."""

    periods: tuple[Period, ...]
    currency: str = "VND"
    name: str = ""
    exempt: tuple[str, ...] = ()
    law: str = ""
    kinds: tuple[str, ...] = ()
    proposal: Rule | None = None

    @property
    def rule(self) -> Rule:
        return self.periods[-1].rule

    @property
    def understood(self) -> bool:
        return self.rule["type"] != "not_stated"


def unclear(*kinds: str, proposal: Rule | None = None, currency: str = "VND") -> Reading:
    return Reading((Period(NO_RULE),), currency=currency, kinds=kinds, proposal=proposal)


def read_fee(stated: Amount | None, note: str) -> Reading:
    """The fee of an amount (None: the column names none) and the description behind it in parentheses."""
    text = squeezed(note).strip()
    lasting, windows = taken_out(note)
    if stated is None:
        return _by_text_alone(text)
    if not stated.plausible:
        return unclear("fee_amount_implausible", proposal=_proposal(lasting), currency=stated.currency)
    if stated.minor == 0:
        return _free(text, lasting)
    reading = _priced(stated, lasting)
    return _through_time(reading, windows) if windows and reading.understood else reading


def _by_text_alone(text: str) -> Reading:
    return unclear("fee_not_stated" if says_nothing(text) else _reason(text), proposal=_proposal(text))


def _reason(text: str) -> str:
    if amounts_in(text):
        return "fee_text_not_understood"
    return "fee_set_elsewhere" if SET_ELSEWHERE.search(text) or REFERENCE.search(text) else "fee_text_not_understood"


def _free(text: str, lasting: str) -> Reading:
    if says_nothing(text) or (PLAINLY_FREE.match(text.lstrip("( ")) and not amounts_in(text)):
        return Reading((Period({"type": "free"}),), law=text if REFERENCE.search(text) else "")
    if amounts_in(text):
        return unclear("fee_free_but_text_names_amounts", proposal=_proposal(lasting))
    if len(text) <= LONGEST_LABEL and not re.search(r"\d|quy định|quyết định|mức", text):
        return Reading((Period({"type": "free"}),), name=_name(text))
    if SET_ELSEWHERE.search(text) or REFERENCE.search(text):
        return unclear("fee_set_elsewhere")
    return unclear("fee_text_not_understood")


def _priced(stated: Amount, note: str) -> Reading:
    named = amounts_in(note)
    if not named:
        return _priced_by_column(stated, note)
    if stated.minor not in [amount.minor for amount in named]:
        # "250,000 VNĐ(Đồng (…) Phí: 400000 Đồng …": the description goes on from the amount to further ones.
        goes_on = folded(note).lstrip("( ").startswith("dong")
        kind = "fee_text_not_understood" if goes_on else "fee_contradicts_text"
        return unclear(kind, proposal=_proposal(note), currency=stated.currency)
    found = listed(note)
    if (
        len({(amount.minor, amount.currency) for amount in named}) == 1
        and not ARITHMETIC.search(note)
        and found.priced_only
    ):
        return _single(named, found, note)
    if not found.whole:
        return unclear("fee_text_not_understood", currency=stated.currency)
    rule = found.options[0][1].rule() if _one_price(found.options) else choice(found.options)
    if rule is None:
        return unclear("fee_text_not_understood", currency=stated.currency)
    name = found.options[0][0] if _one_price(found.options) else ""
    return Reading(
        (Period(rule),), stated.currency, _name(name), tuple(found.exempt), "; ".join(found.law) or _law(note)
    )


def _single(named: list[Amount], found: Listed, note: str) -> Reading:
    """A description that names one amount only, however many words stand around it."""
    amount = next((amount for amount in named if amount.per), named[0])
    return Reading((Period(amount.rule()),), amount.currency, _name(note), tuple(found.exempt), _law(note))


def _one_price(options: list[tuple[str, Amount]]) -> bool:
    return len({(amount.minor, amount.currency, amount.per) for _, amount in options}) == 1


def _priced_by_column(stated: Amount, note: str) -> Reading:
    text = squeezed(note).strip(" ().;,")
    if ARITHMETIC.search(text):
        return unclear("fee_text_not_understood", currency=stated.currency)
    if re.search(r"hội đồng nhân dân|hđnd", text, re.IGNORECASE):
        return unclear("fee_set_elsewhere", proposal=stated.rule(), currency=stated.currency)
    item = per_item(re.sub(r"^(?:đồng|đông|vnđ|đ)\b\s*", "", text, flags=re.IGNORECASE), 0)[0]
    found = listed(text)
    return Reading(
        (Period(replace(stated, per=item).rule()),), stated.currency, _name(text), tuple(found.exempt), _law(note)
    )


def _name(text: str) -> str:
    """The fee's own name where the description gives one: "Phí thẩm định …", "Lệ phí cấp …"."""
    named = re.search(r"\b((?:lệ )?phí [^.;:()\d]{3,160})", text, re.IGNORECASE)
    return squeezed(named.group(1)).rstrip(" ,:-") if named and not EXEMPTION.match(text) else ""


def _law(text: str) -> str:
    named = re.search(r"((?:Thông tư|Nghị định|Quyết định|Nghị quyết)(?: liên tịch)?(?: số)? \d+/\d{4}/[\w-]+)", text)
    return named.group(1) if named else ""


def _through_time(reading: Reading, windows: list[Window]) -> Reading:
    """The lasting rule cut by its windows: before, during and after each of them."""
    lasting = reading.rule
    if not sound(windows) or lasting["type"] not in ("fixed", "per_item"):
        return unclear("fee_text_not_understood", currency=reading.currency)
    periods, free_from = [], None
    for window in windows:
        if window.first:
            periods.append(Period(lasting, free_from, window.first - timedelta(days=1)))
        periods.append(Period(_during(lasting, window), window.first, window.until))
        free_from = window.until + timedelta(days=1)
    return replace(reading, periods=(*periods, Period(lasting, free_from, None)))


def _during(lasting: Rule, window: Window) -> Rule:
    if window.amount is not None:
        return {**lasting, "amount": window.amount.minor}
    # Rounded up to the minor unit: a share below it cannot be paid.
    return {**lasting, "amount": -(-lasting["amount"] * window.percent // 100)} if window.percent else {"type": "free"}


def _proposal(text: str) -> Rule | None:
    """What a description alone would mean, for an editor to confirm."""
    found = listed(text)
    if not found.whole or not found.options:
        return None
    return found.options[0][1].rule() if _one_price(found.options) else choice(found.options)


def charge_or_duty(name: str) -> str:
    """ "Lệ phí" is a duty, everything else the records name a charge; the law knows no third kind."""
    return "duty" if folded(name).startswith("le phi") else "charge"
