"""What one row of the channel table says about money: its amount, weighed against its own description.

Nothing is quoted that the record contradicts. A row whose amount and description disagree, or whose description cannot
be read, becomes a fee of rule `not_stated`: it cannot be quoted until an editor decides. What the description seems to
say is handed on as a proposal next to the finding.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from services.catalog.importing.fees.amounts import Amount, amounts_in, per_item
from services.catalog.importing.fees.options import ARITHMETIC, REFERENCE, FeeList, choice, read_list
from services.catalog.importing.fees.reading import NO_RULE, FeeReading, Period, Rule, unclear_fee
from services.catalog.importing.fees.windows import Window, consecutive, split_windows
from services.catalog.importing.words import folded, says_nothing, squeezed, tidy

SET_ELSEWHERE = re.compile(
    r"hội đồng nhân dân|hđnd|ủy ban nhân dân|\bdo [^.;]{3,60}quy định|"
    r"theo (?:mức|biểu|quy định|hướng dẫn|phí|quyết định)",
    re.IGNORECASE,
)
PLAINLY_FREE = re.compile(
    r"^(?:[-+]\s*)?(?:miễn (?:lệ )?phí(?:\s*\(|\s*$|\.|;| đăng ký| đối với trường hợp đăng ký qua mạng)|"
    r"không (?:thu|mất|phải nộp)|"
    r"không được quy định tại biểu phí)",
    re.IGNORECASE,
)
# A description of free filings this short, without a number or a rule, only names what is free.
LONGEST_LABEL = 60
# "Miễn lệ phí. Phí cấp bản sao … thực hiện theo quy định tại …": free, but a second fee is elsewhere.
ANOTHER_FEE = re.compile(r"[.;]\s*phí [^.;]*quy định", re.IGNORECASE)
ITS_CASE = re.compile(
    r"đối với|trường hợp|nhóm|\b(?:dưới|trên|từ) \d|một lần\b|nhiều lần|cấp (?:mới|lại|đổi)|gia hạn|lần đầu|bổ sung|"
    r"thay đổi|sửa đổi",
    re.IGNORECASE,
)
COLUMN_CASE = re.compile(
    r"^(?:đồng\W+)?đối với|trường hợp|nhóm|một lần\b|nhiều lần|cấp (?:mới|lại|đổi)|gia hạn|lần đầu|bổ sung|thay đổi|"
    r"sửa đổi",
    re.IGNORECASE,
)
OWN_NAME = re.compile(r"^[\s(*+-]*((?:lệ )?phí (?!của)[^.;:()\d]{3,160})", re.IGNORECASE)
# Days that no known clause has explained: what holds on which day is then not known.
FURTHER_WINDOW = re.compile(
    r"đến (?:hết )?(?:ngày )?\d{1,2}/\d{1,2}/\d{4}|từ ngày \d{1,2}/\d{1,2}/\d{4} áp dụng", re.IGNORECASE
)
ONE_DAY = timedelta(days=1)


def read_fee(stated: Amount | None, note: str, *, online: bool = True) -> FeeReading:
    """The fee of an amount (None: the column names none) and the description behind it in parentheses."""
    note = tidy(note)
    text = squeezed(note)
    lasting, windows = split_windows(note, online=online)
    if stated is None:
        return _by_text_alone(text)
    if not stated.plausible:
        return unclear_fee("fee_amount_implausible", proposal=_proposal(lasting), currency=stated.currency)
    if stated.minor == 0:
        return _free(text, lasting)
    if windows:
        return _through_time(stated, note, lasting, windows)
    return _priced(stated, lasting)


def _by_text_alone(text: str) -> FeeReading:
    return unclear_fee("fee_not_stated" if says_nothing(text) else _reason(text), proposal=_proposal(text))


def _reason(text: str) -> str:
    if amounts_in(text):
        return "fee_text_not_understood"
    return "fee_set_elsewhere" if SET_ELSEWHERE.search(text) or REFERENCE.search(text) else "fee_text_not_understood"


def _free(text: str, lasting: str) -> FeeReading:
    if ANOTHER_FEE.search(text) and not amounts_in(text):
        return unclear_fee("fee_set_elsewhere", proposal={"type": "free"})
    if says_nothing(text) or (PLAINLY_FREE.match(text.lstrip("( ")) and not amounts_in(text)):
        return FeeReading((Period({"type": "free"}),), law=text if REFERENCE.search(text) else "")
    if amounts_in(text):
        return unclear_fee("fee_free_but_text_names_amounts", proposal=_proposal(lasting))
    if len(text) <= LONGEST_LABEL and not re.search(r"\d|quy định|quyết định|mức", text):
        return FeeReading((Period({"type": "free"}),), name=_name(text))
    if SET_ELSEWHERE.search(text) or REFERENCE.search(text):
        return unclear_fee("fee_set_elsewhere")
    if re.match(r"chi phí", text, re.IGNORECASE):
        return FeeReading((Period({"type": "free"}),), kinds=("costs_beside_fee",))
    return unclear_fee("fee_text_not_understood")


def _priced(stated: Amount, note: str) -> FeeReading:
    named = amounts_in(note)
    if FURTHER_WINDOW.search(note):
        return unclear_fee(
            "fee_set_elsewhere" if not named else "fee_text_not_understood",
            proposal=stated.rule(),
            currency=stated.currency,
        )
    if not named:
        return _priced_by_column(stated, note)
    if stated.minor not in [amount.minor for amount in named]:
        # "250,000 VNĐ(Đồng (…) Phí: 400000 Đồng …": the description goes on from the amount to further ones.
        goes_on = folded(note).lstrip("( ").startswith("dong")
        kind = "fee_text_not_understood" if goes_on else "fee_contradicts_text"
        return unclear_fee(kind, proposal=_proposal(note), currency=stated.currency)
    fees = read_list(note)
    if (
        len({(amount.minor, amount.currency) for amount in named}) == 1
        and not ARITHMETIC.search(note)
        and fees.priced_only
    ):
        return _single(named, fees, note)
    if not fees.is_complete:
        return unclear_fee("fee_text_not_understood", currency=stated.currency)
    rule = fees.options[0][1].rule() if _one_price(fees.options) else choice(fees.options)
    if rule is None or stated.minor not in _amounts(rule):
        return unclear_fee("fee_text_not_understood", currency=stated.currency)
    name = fees.options[0][0] if _one_price(fees.options) else ""
    return FeeReading(
        (Period(rule),), stated.currency, _name(name), tuple(fees.exempt), "; ".join(fees.law) or _law(note)
    )


def _single(named: list[Amount], fees: FeeList, note: str) -> FeeReading:
    """A description that names one amount only; where it also names a case, an editor should see it."""
    amount = next((amount for amount in named if amount.per), named[0])
    priced = " ".join(label for label, _ in fees.options) + note[named[-1].end :].split(".")[0]
    kinds = ("fee_names_its_case",) if ITS_CASE.search(priced) else ()
    return FeeReading((Period(amount.rule()),), amount.currency, _name(note), tuple(fees.exempt), _law(note), kinds)


def _amounts(rule: Rule) -> list[int]:
    return [rule.get("amount", 0)] if rule["type"] != "choice" else [option["amount"] for option in rule["options"]]


def _one_price(options: list[tuple[str, Amount]]) -> bool:
    return len({(amount.minor, amount.currency, amount.per) for _, amount in options}) == 1


def _priced_by_column(stated: Amount, note: str) -> FeeReading:
    text = squeezed(note).strip(" ().;,")
    if ARITHMETIC.search(text):
        return unclear_fee("fee_text_not_understood", currency=stated.currency)
    if re.search(r"hội đồng nhân dân|hđnd", text, re.IGNORECASE):
        return unclear_fee("fee_set_elsewhere", proposal=stated.rule(), currency=stated.currency)
    item = per_item(re.sub(r"^(?:đồng|đông|vnđ|đ)\b\s*", "", text, flags=re.IGNORECASE), 0)[0]
    name, law = _name(text), _law(text)
    rule, exempt = replace(stated, per=item).rule(), tuple(read_list(text).exempt)
    for group in exempt:  # whom a fee spares is no case it holds for
        text = text.replace(group, " ")
    kinds = ("fee_names_its_case",) if COLUMN_CASE.search(text) else ()
    return FeeReading((Period(rule),), stated.currency, name, exempt, law, kinds)


def _name(text: str) -> str:
    """The fee's own name where the description begins with one: "Phí thẩm định …", "Lệ phí cấp …"."""
    named = OWN_NAME.match(squeezed(text))
    if named:
        return re.split(r" (?=theo |được quy định)", named.group(1))[0].rstrip(" ,:-")
    return "Lệ phí" if re.match(r"[\s(*+-]*(?:mức (?:thu )?)?lệ phí\b", text, re.IGNORECASE) else ""


def _law(text: str) -> str:
    named = re.search(r"((?:Thông tư|Nghị định|Quyết định|Nghị quyết)(?: liên tịch)?(?: số)? \d+/\d{4}/[\w-]+)", text)
    return named.group(1) if named else ""


def _through_time(stated: Amount, note: str, lasting: str, windows: list[Window]) -> FeeReading:
    """The lasting fee cut by its windows: before, during and after each of them."""
    reading = _priced(stated, lasting)
    if not reading.understood:
        return reading
    if not consecutive(windows) or reading.rule["type"] not in ("fixed", "per_item"):
        return unclear_fee("fee_text_not_understood", currency=stated.currency)
    temporary = [window.amount.minor for window in windows if window.amount]
    if any(amount > stated.minor for amount in temporary):
        return unclear_fee("fee_contradicts_text", currency=stated.currency)
    # A column that holds the temporary amount says nothing of what comes before or after it.
    is_known = stated.minor not in temporary or stated.minor in [amount.minor for amount in amounts_in(lasting)]
    outside = reading.rule if is_known else NO_RULE
    periods, begins = [], None
    for window in windows:
        if window.first:
            periods.append(Period(outside, begins, window.first - ONE_DAY))
        periods.append(Period(_during(reading.rule, window), window.first, window.until))
        begins = window.until + ONE_DAY
    kinds = reading.kinds if is_known else (*reading.kinds, "fee_outside_window_not_stated")
    return replace(
        reading, periods=(*periods, Period(outside, begins, None)), kinds=kinds, law=reading.law or _law(note)
    )


def _during(lasting: Rule, window: Window) -> Rule:
    if window.amount is not None:
        return {**lasting, "amount": window.amount.minor}
    # Rounded up to the minor unit: a share below it cannot be paid.
    return {**lasting, "amount": -(-lasting["amount"] * window.percent // 100)} if window.percent else {"type": "free"}


def _proposal(text: str) -> Rule | None:
    """What a description alone would mean, for an editor to confirm."""
    fees = read_list(text)
    if not fees.is_complete or not fees.options:
        return None
    return fees.options[0][1].rule() if _one_price(fees.options) else choice(fees.options)
