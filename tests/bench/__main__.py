"""``python -m tests.bench [NAME…]``: the benchmarks, each with ratios measured in one run, as JSON lines.

Without a name all of them, at sizes that take about a minute each; a benchmark that is named takes its whole size.
``--procedures FILE.jsonl.gz``, as often as there are files: official records for ``catalog``.
"""

from __future__ import annotations

import os

os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")

import eventlet

eventlet.monkey_patch()

import argparse  # noqa: E402 - after the patches
import importlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

from tests.support import servers  # noqa: E402

BENCHMARKS = ("doors", "start", "submit", "rpc", "histories", "audit", "catalog", "interchange", "protections", "flood")
A_MINUTE = {
    "PORTAL_BENCH_EVENTS": "200000",
    "PORTAL_BENCH_SECONDS": "15",
    "PORTAL_BENCH_DOSSIERS": "10000",
}  # unless the environment says otherwise


def main(names: list[str]) -> None:
    if not names:
        os.environ.update({name: size for name, size in A_MINUTE.items() if name not in os.environ})
    for name in names or BENCHMARKS:
        module = importlib.import_module(f"tests.bench.{name}")
        with (
            servers.running_broker() as broker,
            broker.virtual_host() as uri,
            servers.running_databases() as databases,
            tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        ):
            rows = []
            for row in module.run(Path(folder), uri, databases.make):
                rows.append(row)
                sys.stdout.write(json.dumps({"benchmark": name, **row}, ensure_ascii=False) + "\n")
                sys.stdout.flush()
        if hasattr(module, "table"):
            sys.stderr.write(module.table(rows) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--procedures", action="append", default=[], metavar="FILE")
    options = parser.parse_args()
    if options.procedures:
        os.environ["PORTAL_BENCH_PROCEDURES"] = os.pathsep.join(options.procedures)
    main(options.names)
