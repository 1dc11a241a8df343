"""The ``portal`` command. Decides, before anything else is imported, whether this process runs on the event hub."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of the console script."""
    if on_the_hub(sys.argv[1:], dict(os.environ)):
        patch()
    from infra.chassis.settings import SettingMissing
    from infra.cli.app import app

    try:
        app()
    except SettingMissing as missing:
        print(f"portal: {missing.message}", file=sys.stderr)
        raise


def on_the_hub(arguments: list[str], env: dict[str, str]) -> bool:
    """Followers on real servers and offline tools are plain processes; everything else lives on the hub."""
    follower = "run" in arguments and "--follower" in arguments and bool(env.get("AMQP_URI"))
    return not follower


def patch() -> None:
    """Make sockets, threads and time green, and psycopg wait in a way that lets the hub turn."""
    import warnings

    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import eventlet

    eventlet.monkey_patch()


if __name__ == "__main__":
    main()
