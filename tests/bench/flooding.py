"""Strangers who call one door as fast as they may: ``python -m tests.bench.flooding AMQP_URI SERVICE DOOR ARGUMENTS``.

Until TERM ``RATE`` calls a second, ``OUTSTANDING`` at most without an answer; then how each was answered, as JSON. A
string in the arguments may hold ``{number}``, another one in every call.
"""

from __future__ import annotations

import collections
import json
import signal
import sys
import time
from typing import Any

from infra.chassis.settings import Settings
from infra.cli.connection import Portal
from tests.bench.flood import OUTSTANDING, RATE


def main(amqp_uri: str, service: str, door: str, arguments: str) -> None:
    portal, ended = Portal(Settings({"AMQP_URI": amqp_uri}), timeout=60), [False]
    signal.signal(signal.SIGTERM, lambda *_: ended.__setitem__(0, True))
    ask = getattr(getattr(portal.as_(), service), door).call_async
    waiting: collections.deque[Any] = collections.deque()
    outcomes: collections.Counter[str] = collections.Counter()
    began = time.monotonic()
    sys.stdout.write("flooding\n")
    sys.stdout.flush()
    for number in range(10**9):
        if ended[0]:
            break
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        waiting.append(ask(**json.loads(arguments.replace("{number}", f"{number:06d}"))))
        if len(waiting) >= OUTSTANDING:
            outcomes[_outcome(waiting.popleft())] += 1
    seconds = time.monotonic() - began
    sys.stdout.write(json.dumps({name: round(many / seconds, 1) for name, many in outcomes.most_common()}) + "\n")


def _outcome(reply: Any) -> str:
    try:
        reply.result()
    except Exception as refused:  # noqa: BLE001 - each by its name is what is counted
        return getattr(refused, "exc_type", None) or type(refused).__name__
    return "answered"


if __name__ == "__main__":
    main(*sys.argv[1:])
