"""Sockets, threads and time of a process made green: what everything else may then be imported into.

eventlet looks host names up by dnspython, some 230 modules, which a process that is only given addresses in digits
never needs. They are imported when there is first a name to look up; until then every process starts without them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

LOOK_UPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getnameinfo")
WITHOUT_RESOLVER = "EVENTLET_NO_GREENDNS"


def stay_plain() -> None:
    """For a process that is not green, and imports eventlet all the same with Nameko: it looks names up as any does."""
    os.environ.setdefault(WITHOUT_RESOLVER, "yes")


def make_green() -> None:
    """``eventlet.monkey_patch()``, with the resolver put off. An environment that decides about it itself is heeded."""
    decided = os.environ.get(WITHOUT_RESOLVER)
    os.environ.setdefault(WITHOUT_RESOLVER, "yes")
    import eventlet
    from eventlet.green import socket as green
    from eventlet.patcher import is_monkey_patched

    if decided is None:
        del os.environ[WITHOUT_RESOLVER]
    patched_before = is_monkey_patched("socket")
    eventlet.monkey_patch()
    if decided is not None or patched_before:
        return
    for name in LOOK_UPS:
        look_up = _put_off(name, getattr(green, name))
        setattr(green, name, look_up)
        setattr(socket, name, look_up)


def _put_off(name: str, native: Callable[..., object]) -> Callable[..., object]:
    """The look-up ``name``: the system's for an address in digits, eventlet's for any other name."""

    def look_up(host: object, *arguments: object, **named: object) -> object:
        if _in_digits(host):
            return native(host, *arguments, **named)
        from eventlet.support import greendns

        return getattr(greendns, name)(host, *arguments, **named)

    look_up.__name__ = name
    return look_up


def _in_digits(host: object) -> bool:
    """Whether there is nothing to look up: no host at all, or an address of IPv4 or IPv6."""
    if not isinstance(host, str):
        return host is None
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False
