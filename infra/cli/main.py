"""The ``portal`` command. Decides, before anything else is imported, whether this process runs on the event hub."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import warnings
from collections.abc import Mapping

# Both import the standard library only: nothing to patch in it.
from infra.chassis.running.green_sockets import make_green, stay_plain
from infra.chassis.settings import FRONT_DOOR, SERVICES, SettingMissing

# Modules are not garbage: with the default (700, 10, 10) collections are a seventh of what importing a service costs.
COLLECT_AFTER = (20_000, 20, 50)
OFF_THE_HUB = {"verify", "rebuild", "diagram", "interchange"}  # long reading and reckoning, or nothing to wait for


def main() -> None:
    """Entry point of the console script."""
    gc.set_threshold(*COLLECT_AFTER)
    if command_of(sys.argv[1:]) in ("run", "start"):
        end_in_order_while_starting()
    speak_utf8()
    expect_eventlet()
    if on_the_hub(sys.argv[1:], dict(os.environ)):
        patch()
    else:
        stay_plain()
    try:
        obey(sys.argv[1:])
    except SettingMissing as missing:
        print(f"portal: {missing.message}", file=sys.stderr)
        raise
    except Exception as error:
        from infra.cli.exit_codes import end

        sys.exit(end(error))
    finally:
        gc.freeze()  # the interpreter would look through everything once more before it ends


def obey(arguments: list[str]) -> None:
    """Do what was typed, and exit."""
    from infra.cli.serving import plainly_typed, serve

    if (run := plainly_typed(arguments)) is not None:
        sys.exit(serve(run))
    from infra.cli.app import app

    app()


def speak_utf8() -> None:
    """Vietnamese, and JSON for machines, go out as UTF-8 whatever the machine's locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def command_of(arguments: list[str]) -> str:
    """The name of the command: the first argument that is no option."""
    return next((argument for argument in arguments if not argument.startswith("-")), "")


def end_in_order_while_starting() -> None:
    """A TERM before anything is served ends the process at once, as an orderly stop: nothing has been begun.

    Not by an exception: greenlets run already, and one that a signal happens to meet may hand it to nobody.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))


def on_the_hub(arguments: list[str], env: Mapping[str, str]) -> bool:
    """Followers on real servers and offline tools are plain processes; everything else lives on the hub."""
    command = command_of(arguments)
    if not command or "--help" in arguments:  # nothing but words
        return False
    if command == "run" and FRONT_DOOR in arguments:  # asyncio's own process
        return False
    if command == "run" and "--follower" in arguments:
        return not real_servers(env)
    return command not in OFF_THE_HUB


def real_servers(env: Mapping[str, str]) -> bool:
    """Whether a broker or a database is named, by value or by file."""
    names = ("AMQP_URI", *(f"{service.upper()}_DATABASE_URL" for service in SERVICES))
    return any(env.get(name) or env.get(f"{name}_FILE") for name in names)


def expect_eventlet() -> None:
    """Known, and decided: infra/decisions/0001. The warning is no DeprecationWarning."""
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")


def patch() -> None:
    """Make sockets, threads and time green, and psycopg wait in a way that lets the hub turn."""
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    make_green()


if __name__ == "__main__":
    main()
