"""Token buckets, per client and per account: how often something may be asked. Each process counts for itself."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from infra.chassis.text.numbers import decimal_number

MOST_BUCKETS = 50_000  # the least recently used is forgotten: it was full again long ago


@dataclass(frozen=True)
class Rate:
    """``burst`` at once, then ``per_second``."""

    burst: float
    per_second: float


DEFAULT_RATES = {
    "client": Rate(200, 50),  # everything of one address
    "account": Rate(200, 50),  # everything under one token
    "sign-in": Rate(20, 0.5),  # of one address; identity delays each account by itself
    "tracking": Rate(30, 1),
    "search": Rate(60, 10),
}


def rates_of(text: str) -> dict[str, Rate]:
    """``client=200/50 sign-in=20/0.5`` (burst/per second) laid over the default."""
    own = {}
    for part in text.split():
        name, _, numbers = part.partition("=")
        burst, _, per_second = numbers.partition("/")
        if name not in DEFAULT_RATES:
            raise ValueError(f"{name} is none of {', '.join(DEFAULT_RATES)}")
        at_once, lasting = decimal_number(burst), decimal_number(per_second)
        if not at_once or not lasting or min(at_once, lasting) < 0:
            raise ValueError(f"{part} is not burst/per second")
        own[name] = Rate(at_once, lasting)
    return {**DEFAULT_RATES, **own}


class Buckets:
    """``wait(kind, whom)``: 0 when it may be done now, else the seconds until it may."""

    def __init__(self, rates: dict[str, Rate], clock: Callable[[], float] = time.monotonic) -> None:
        self._rates, self._clock = rates, clock
        self._levels: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait(self, kind: str, whom: str) -> float:
        rate, now, key = self._rates[kind], self._clock(), (kind, whom)
        level, since = self._levels.get(key, (rate.burst, now))
        level = min(rate.burst, level + (now - since) * rate.per_second)
        if level < 1:
            return (1 - level) / rate.per_second
        self._levels[key] = (level - 1, now)
        self._levels.move_to_end(key)
        if len(self._levels) > MOST_BUCKETS:
            self._levels.popitem(last=False)
        return 0.0


def account_key(token: str) -> str:
    """An account's bucket, without keeping the token."""
    return hashlib.blake2b(token.encode(), digest_size=12).hexdigest()
