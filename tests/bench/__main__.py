"""``python -m tests.bench [NAME…]``: the benchmarks, each with ratios measured in one run, as JSON lines."""

from __future__ import annotations

import os

os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")

import eventlet

eventlet.monkey_patch()

import importlib  # noqa: E402 - after the patches
import json  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

from tests import servers  # noqa: E402

BENCHMARKS = ("rpc",)


def main(names: list[str]) -> None:
    for name in names or BENCHMARKS:
        module = importlib.import_module(f"tests.bench.{name}")
        with (
            servers.running_broker() as broker,
            broker.virtual_host() as uri,
            servers.running_databases() as databases,
            tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        ):
            for row in module.run(Path(folder), uri, databases.make):
                sys.stdout.write(json.dumps({"benchmark": name, **row}, ensure_ascii=False) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
