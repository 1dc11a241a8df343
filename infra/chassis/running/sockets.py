"""Sockets that listen: on every interface means IPv4 and IPv6 alike."""

from __future__ import annotations

import socket

EVERY_INTERFACE = frozenset({"", "0.0.0.0", "::"})


def listening_socket(host: str, port: int, backlog: int = 128) -> socket.socket:
    """Listen on ``host`` (``""``, ``0.0.0.0`` or ``::``: every interface) at ``port`` (0: a free one).

    On a machine without IPv6 every interface means all those of IPv4. ``OSError`` when the port is taken.
    """
    if host in EVERY_INTERFACE:
        if socket.has_dualstack_ipv6():
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=backlog)
        host = "0.0.0.0"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=backlog)


def held_port(host: str = "127.0.0.1") -> socket.socket:
    """A free port for a listener that starts later, as a socket that is bound and does not listen.

    While it is open the system gives the port to nobody who asks for any, neither to listen nor to call from; one
    that listens with SO_REUSEADDR, as :func:`listening_socket` does, takes it all the same.
    """
    holder = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((host, 0))
    return holder
