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
