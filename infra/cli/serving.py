"""``portal run`` as it is typed to start a process: read without the library that reads every other command.

That library imports pydantic for the first argument it looks at: 50 modules and 15 MB in every process that serves.
Whatever is not plainly names of services and ``--follower`` is left to it, with its help and its usage errors.
"""

from __future__ import annotations

from typing import NamedTuple

from infra.chassis.settings import FRONT_DOOR, Settings


class Run(NamedTuple):
    """What ``portal run`` is to serve; no service named: all."""

    services: list[str]
    follower: bool


def plainly_typed(arguments: list[str]) -> Run | None:
    """The command, if it is ``run`` with nothing that needs explaining."""
    from infra.chassis.running.loader import installed

    if arguments[:1] != ["run"]:
        return None
    typed = [argument for argument in arguments[1:] if argument != "--follower"]
    run = Run(typed, follower="--follower" in arguments)
    all_here = typed == [FRONT_DOOR] or set(typed) <= set(installed())
    return run if all_here else None


def serve(run: Run) -> int:
    """Serve until TERM; the exit code of the process."""
    from infra.chassis import logs

    settings = Settings.from_environment()
    logs.set_up(settings.get("LOG_LEVEL", "INFO"))
    if run.services == [FRONT_DOOR]:
        from infra.front_door.process import serve as serve_http

        return serve_http(settings)
    from infra.chassis.running.loader import installed, service_class, uncollected

    services = list(dict.fromkeys(run.services or installed()))
    with uncollected():
        from infra.cli.run import run as serve_services

        if not run.follower:
            for name in services:
                service_class(name)
    return serve_services(settings, services, follower=run.follower)
