"""The scanner uploads go through: ClamAV's daemon, by its own protocol (clamd, ``INSTREAM``) over TCP or a Unix socket.

Setting ``VIRUS_SCANNER``: ``tcp://host:3310`` or ``unix:///run/clamav/clamd.ctl``; without it nothing is scanned.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from infra.chassis.settings import SettingMissing, Settings

SETTING = "VIRUS_SCANNER"
PATIENCE = 20.0  # seconds for each step of a scan
CHUNK = 128 * 1024
LONGEST_ANSWER = 4096
CLEAN, INFECTED = "OK", "FOUND"


class ScannerAway(ConnectionError):
    """The scanner was not reached, or gave no verdict."""


class VirusScanner(Protocol):
    def signature_in(self, content: bytes) -> str | None:
        """The name of what was found, or None; ``ScannerAway`` when there is no verdict."""


@dataclass(frozen=True)
class ClamdScanner:
    """One scan is one connection: a daemon that restarts in between is not noticed."""

    address: str | tuple[str, int]
    patience: float = PATIENCE

    def signature_in(self, content: bytes) -> str | None:
        try:
            with closing(self._connected()) as connection:
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK):
                    chunk = content[start : start + CHUNK]
                    connection.sendall(struct.pack("!I", len(chunk)) + chunk)
                connection.sendall(struct.pack("!I", 0))
                return verdict_of(_answer(connection))
        except OSError as error:
            raise ScannerAway(str(error)) from error

    def _connected(self) -> socket.socket:
        if isinstance(self.address, tuple):
            return socket.create_connection(self.address, timeout=self.patience)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.patience)
        try:
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        return connection


def _answer(connection: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\0") and len(received) <= LONGEST_ANSWER:
        part = connection.recv(LONGEST_ANSWER)
        if not part:
            break
        received += part
    return received.rstrip(b"\0\n").decode("utf-8", "replace")


def verdict_of(answer: str) -> str | None:
    """``stream: OK``, or ``stream: <signature> FOUND``; anything else is no verdict."""
    _, _, verdict = answer.partition(": ")
    if verdict == CLEAN:
        return None
    if verdict.endswith(f" {INFECTED}"):
        return verdict.removesuffix(f" {INFECTED}")
    raise ScannerAway(f"no verdict: {answer[:120]!r}")


def scanner_of(settings: Settings) -> VirusScanner | None:
    """The scanner this installation is set to."""
    place = settings.get(SETTING)
    if place is None:
        return None
    url = urlsplit(place)
    try:
        if url.scheme == "tcp" and url.hostname:
            return ClamdScanner((url.hostname, url.port or 3310))
    except ValueError as error:
        raise SettingMissing(SETTING, f"{place!r}: {error}") from error
    if url.scheme == "unix" and url.path and not url.netloc:
        return ClamdScanner(url.path)
    raise SettingMissing(SETTING, f"{place!r} is neither tcp://host:port nor unix:///path")
