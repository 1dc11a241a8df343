"""A stock Nameko echo: the yardstick. ``python -m tests.bench.stock AMQP_URI`` runs it until TERM."""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import signal  # noqa: E402 - after the patches
import sys  # noqa: E402

from nameko.rpc import rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402


class StockEcho:
    name = "stock_echo"

    @rpc
    def echo(self, value):
        return value


if __name__ == "__main__":
    runner = ServiceRunner({"AMQP_URI": sys.argv[1]})
    runner.add_service(StockEcho)
    runner.start()
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(runner.stop))
    runner.wait()
