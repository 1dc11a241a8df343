"""Where a webhook may be sent: not to ourselves, and in production only over TLS to the public internet.

Without this rule a subscriber could make the portal call its own neighbours (server-side request forgery).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Ip = IPv4Address | IPv6Address
NAT64 = IPv6Network("64:ff9b::/96")
PRIVATE_ZONES = frozenset({"localhost", "local", "internal", "lan", "home", "arpa"})


@dataclass(frozen=True)
class Address:
    """A webhook's URL, taken apart. ``target`` is path and query as they go on the request line."""

    secure: bool
    host: str
    port: int
    target: str


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
    return ip.is_global and not ip.is_multicast


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4, Teredo or NAT64 (RFC 6052) address."""
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def looks_private(host: str) -> bool:
    """Whether the name alone already says it is not public; a name's addresses are checked when it is called."""
    try:
        return not is_public(host)
    except ValueError:
        name, _, zone = host.rstrip(".").rpartition(".")
        return not name or zone in PRIVATE_ZONES
