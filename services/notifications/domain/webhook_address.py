"""Where a webhook may be sent: not to ourselves, and in production only over TLS to the public internet.

Without this rule a subscriber could make the portal call its own neighbours (server-side request forgery).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Ip = IPv4Address | IPv6Address
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # the upper half of the host part of such addresses
# Special by the IANA registries (or metadata services of clouds), whatever ``is_global`` of this Python says of them.
SPECIAL = tuple(
    map(
        ip_network,
        (
            "100.64.0.0/10",  # shared by carriers; a cloud's metadata service is in it
            "168.63.129.16/32",  # a cloud's own services for its machines
            "192.0.0.0/24",  # protocol assignments; a cloud's metadata service is in it
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.175.48.0/24",  # AS112
            "::/96",  # IPv4-compatible
            "64:ff9b:1::/48",  # NAT64 of a local network
            "100:0:0:1::/64",
            "2001::/23",  # protocol assignments, Teredo in them
            "2002::/16",  # 6to4: leads through somebody's relay
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
            "fec0::/10",  # site-local
        ),
    )
)
HTTPS_PORTS = frozenset({443, 8443})
PRIVATE_ZONES = frozenset({"localhost", "local", "internal", "lan", "home", "arpa"})


@dataclass(frozen=True)
class Address:
    """A webhook's URL, taken apart. ``target`` is path and query as they go on the request line."""

    secure: bool
    host: str
    port: int
    target: str


@dataclass(frozen=True)
class Destinations:
    """Where production calls: these ports, and these hosts where any are named (``*.example.vn``: all below it)."""

    hosts: tuple[str, ...] = ()
    ports: frozenset[int] = HTTPS_PORTS

    def has_host(self, host: str) -> bool:
        plain = host.rstrip(".").lower()
        below = any(host.startswith("*.") and plain.endswith(host[1:]) for host in self.hosts)
        return not self.hosts or plain in self.hosts or below


def parse_address(url: str) -> Address | None:
    """The parts of ``url``, or ``None`` if it is no http(s) URL without user, password and fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc and not parts.fragment
    if not plain or parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(secure, parts.hostname, port or (443 if secure else 80), target)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, seen through IPv4-in-IPv6 disguises."""
    ip: Ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = _embedded_ipv4(ip) or ip
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in SPECIAL)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped, NAT64 (RFC 6052) or ISATAP (RFC 5214) address."""
    if ip in NAT64 or (int(ip) >> 32) & 0xFFFFFFFF in ISATAP:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped


def looks_private(host: str) -> bool:
    """Whether the name alone already says it is not public; a name's addresses are checked when it is called."""
    try:
        return not is_public(host)
    except ValueError:
        name, _, zone = host.rstrip(".").rpartition(".")
        return not name or zone in PRIVATE_ZONES
