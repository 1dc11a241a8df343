"""What a procedure costs on one day over one channel: every line with its reason and its legal basis.

Pure: a definition and the applicant's choices in, lines and totals out. Money is in minor units; a foreign
currency is stated apart and never converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from infra.chassis.refusals import InvalidRequest
from infra.fees.refusals import ChannelNotOffered, ChoiceMissing
from infra.fees.shapes import Amount, Fee, FeeHeading, FeeLine, FeeQuote, Priced, Text

HOME_CURRENCY = "VND"
DEAREST = 10**15  # minor units, the most that an amount of the contracts may be, and all fees of one application
NOT_STATED = "not_stated"
UNKNOWN = {
    "vi": "Danh mục chưa nêu mức thu; cơ quan tiếp nhận sẽ thông báo",
    "en": "The catalogue does not state the amount; the office will say",
}
FREE = {"vi": "Miễn phí", "en": "Free of charge"}
_CHANNEL_NAMES = {
    "online": {"vi": "trực tuyến", "en": "online"},
    "counter": {"vi": "trực tiếp", "en": "at the counter"},
    "post": {"vi": "qua bưu chính", "en": "by post"},
}


@dataclass(frozen=True)
class FeeQuery:
    """What the applicant stated: channel, day, choices by id, how many items, the exempt groups claimed."""

    channel: str
    day: date
    choices: Mapping[str, str] = field(default_factory=dict)
    quantity: int = 1
    exemptions: Sequence[str] = ()


def quote(definition: Priced, query: FeeQuery) -> FeeQuote:
    """``{"items": [...], "total", "apart": [...], "not_stated": [...]}`` for one application.

    ``total`` is the sum in VND, or in the only currency there is; ``apart`` holds the sums of every other
    currency; ``not_stated`` the fees that are owed in an amount the catalogue does not know.
    Refuses ``ChannelNotOffered``, ``ChoiceMissing`` and more items than any amount of money can be the price of.
    """
    offered = list(definition["channels"])
    if query.channel not in offered:
        raise ChannelNotOffered(code=definition["code"], channel=query.channel, offered=", ".join(offered))
    due = [fee for fee in definition["fees"] if _applies(fee, query)]
    items = [_line(definition, fee, query) for fee in due if fee["rule"]["type"] != NOT_STATED]
    unknown = [_heading(fee, dict(UNKNOWN)) for fee in due if fee["rule"]["type"] == NOT_STATED]
    if sum(item["amount"]["amount"] for item in items) > DEAREST:
        raise InvalidRequest.at("/quantity", f"mức thu sẽ vượt {DEAREST}", f"the fees would be more than {DEAREST}")
    total, apart = _totals(items)
    return {"items": items, "total": total, "apart": apart, "not_stated": unknown}


def _applies(fee: Fee, query: FeeQuery) -> bool:
    day = query.day.isoformat()
    begun = not fee["valid_from"] or fee["valid_from"] <= day
    return query.channel in fee["channels"] and begun and (not fee["valid_until"] or day <= fee["valid_until"])


def _line(definition: Priced, fee: Fee, query: FeeQuery) -> FeeLine:
    amount, reason = _price(definition, fee, query)
    claimed = [group for group in fee["exempt"] if group in query.exemptions]
    if claimed and amount:
        amount, reason = 0, {"vi": f"Miễn thu: {claimed[0]}", "en": f"Exempt: {claimed[0]}"}
    return {**_heading(fee, reason), "amount": {"amount": amount, "currency": fee["currency"]}}


def _heading(fee: Fee, reason: dict[str, str]) -> FeeHeading:
    return {
        "fee_id": fee["id"],
        "kind": fee["kind"],
        "name": fee["name"],
        "collected_at": fee["collected_at"],
        "reason": reason,
        "legal_basis": fee["legal_basis"],
    }


def _price(definition: Priced, fee: Fee, query: FeeQuery) -> tuple[int, dict[str, str]]:
    """Amount in minor units and why, before any exemption."""
    return _PRICES[fee["rule"]["type"]](definition, fee, query)


def _free(_definition: Priced, _fee: Fee, _query: FeeQuery) -> tuple[int, dict[str, str]]:
    return 0, dict(FREE)


def _fixed(_definition: Priced, fee: Fee, query: FeeQuery) -> tuple[int, dict[str, str]]:
    channel = _CHANNEL_NAMES[query.channel]
    return fee["rule"]["amount"], {
        "vi": f"Mức thu cố định, nộp {channel['vi']}",
        "en": f"Fixed rate, filed {channel['en']}",
    }


def _per_item(_definition: Priced, fee: Fee, query: FeeQuery) -> tuple[int, dict[str, str]]:
    price, item = fee["rule"]["amount"], _both(fee["rule"]["item"])
    price_text = format_money(price, fee["currency"])
    reason = {
        "vi": f"{query.quantity} {item['vi']} × {price_text}",
        "en": f"{query.quantity} {_english(item)} × {price_text}",
    }
    return _capped(fee, price * query.quantity, reason)


def _tiered(_definition: Priced, fee: Fee, query: FeeQuery) -> tuple[int, dict[str, str]]:
    """Each tier prices the items that fall into it: 2 pages at the first rate, the rest at the second."""
    total, below, parts = 0, 0, []
    for tier in fee["rule"]["tiers"]:
        upper = query.quantity if tier["up_to"] is None else min(query.quantity, tier["up_to"])
        if upper > below:
            total += (upper - below) * tier["amount"]
            parts.append(f"{upper - below} × {format_money(tier['amount'], fee['currency'])}")
            below = upper
    sum_text = " + ".join(parts) or "0"
    return _capped(fee, total, {"vi": f"Theo bậc: {sum_text}", "en": f"By tier: {sum_text}"})


def _capped(fee: Fee, amount: int, reason: dict[str, str]) -> tuple[int, dict[str, str]]:
    """The amount, but not more than the rule's ``at_most``."""
    ceiling = fee["rule"].get("at_most")
    if ceiling is None or amount <= ceiling:
        return amount, reason
    cap = format_money(ceiling, fee["currency"])
    return ceiling, {"vi": f"{reason['vi']}, tối đa {cap}", "en": f"{reason['en']}, at most {cap}"}


def _choice(_definition: Priced, fee: Fee, query: FeeQuery) -> tuple[int, dict[str, str]]:
    rule = fee["rule"]
    for option in rule["options"]:
        if option["id"] == query.choices.get(rule["choice"]):
            return option["amount"], {
                "vi": f"Lựa chọn: {option['name']['vi']}",
                "en": f"Chosen: {_english(option['name'])}",
            }
    raise ChoiceMissing(
        choice=rule["choice"],
        fee_id=fee["id"],
        fee=fee["name"]["vi"],
        fee_en=_english(fee["name"]),
        options=[
            {"id": option["id"], "name": option["name"], "amount": option["amount"]} for option in rule["options"]
        ],
        shown="; ".join(f"{option['id']} ({option['name']['vi']})" for option in rule["options"]),
        shown_en="; ".join(f"{option['id']} ({_english(option['name'])})" for option in rule["options"]),
    )


def _percentage(definition: Priced, fee: Fee, query: FeeQuery) -> tuple[int, dict[str, str]]:
    rule = fee["rule"]
    other = next(other for other in definition["fees"] if other["id"] == rule["of"])
    base, _why = _price(definition, other, query)
    exact = Fraction(base) * Fraction(str(rule["percent"])) / 100
    amount = int(exact + Fraction(1, 2))  # half a đồng upwards, as receipts do
    return amount, {
        "vi": f"{rule['percent']}% của {other['name']['vi']}",
        "en": f"{rule['percent']}% of {_english(other['name'])}",
    }


_PRICES = {
    "free": _free,
    "fixed": _fixed,
    "per_item": _per_item,
    "tiered": _tiered,
    "choice": _choice,
    "percentage": _percentage,
}


def _totals(items: Sequence[FeeLine]) -> tuple[Amount, list[Amount]]:
    sums: dict[str, int] = {}
    for item in items:
        money_of = item["amount"]
        sums[money_of["currency"]] = sums.get(money_of["currency"], 0) + money_of["amount"]
    main = HOME_CURRENCY if HOME_CURRENCY in sums or len(sums) != 1 else next(iter(sums))
    apart: list[Amount] = [
        {"amount": amount, "currency": currency} for currency, amount in sorted(sums.items()) if currency != main
    ]
    return {"amount": sums.get(main, 0), "currency": main}, apart


def format_money(amount: int, currency: str) -> str:
    """``135.000 đồng`` or ``10 USD``, for reasons; foreign currencies of the catalogue have two decimals."""
    if currency == HOME_CURRENCY:
        return f"{amount:,}".replace(",", ".") + " đồng"
    units, cents = divmod(amount, 100)
    return f"{units}{f',{cents:02}' if cents else ''} {currency}"


def _both(item: Text | str) -> Text:
    return {"vi": item, "en": item} if isinstance(item, str) else item


def _english(name: Mapping[str, object]) -> str:
    return str(name.get("en") or name["vi"])
