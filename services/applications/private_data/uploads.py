"""What becomes of an upload before anything is stored of it: decoded, checked, named, scanned."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from sqlalchemy.orm import Session

from infra.chassis import logs, metrics
from infra.chassis.running.native_threads import in_native_thread
from infra.chassis.settings import SettingMissing, Settings
from services.applications.errors import FileInfected, InvalidRequest, ScannerUnavailable
from services.applications.private_data.file_checks import check_content
from services.applications.private_data.file_names import check_file_name
from services.applications.private_data.unscanned_files import hold_file
from services.applications.private_data.virus_scanner import ScannerAway, VirusScanner, scanner_of

WHEN_AWAY = ("refuse", "hold")


@dataclass(frozen=True)
class Upload:
    """Bytes that are what they say they are; ``scanned`` is false while the scanner has not seen them."""

    content: bytes
    scanned: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def hold_until_scanned(self, session: Session) -> None:
        """In the transaction that keeps the paper."""
        if not self.scanned:
            hold_file(session, self.sha256)


@dataclass(frozen=True)
class UploadChecks:
    """The checks of this installation. ``holds``: take files while the scanner is away, and keep them closed."""

    scanner: VirusScanner | None = None
    holds: bool = False

    @classmethod
    def from_settings(cls, settings: Settings) -> UploadChecks:
        when_away = settings.get("VIRUS_SCANNER_AWAY", "refuse")
        if when_away not in WHEN_AWAY:
            raise SettingMissing("VIRUS_SCANNER_AWAY", f"{when_away!r} is neither refuse nor hold")
        return cls(scanner_of(settings), when_away == "hold")

    def checked(self, encoded: str, media_type: str, file_name: str | None, *, within: str = "") -> Upload:
        """The bytes of an upload. ``within``: JSON pointer of the object its members are in."""
        try:
            content = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidRequest.at(f"{within}/content_base64", "không phải Base64", "not Base64") from None
        if file_name is not None:
            check_file_name(file_name, media_type, f"{within}/file_name")
        in_native_thread(check_content, content, media_type, f"{within}/content_base64")
        return Upload(content, self._scanned(content))

    def _scanned(self, content: bytes) -> bool:
        if self.scanner is None:
            return True
        try:
            signature = self.scanner.signature_in(content)
        except ScannerAway as error:
            logs.get().warning("scanner_away", error=str(error)[:200])
            if self.holds:
                return False
            raise ScannerUnavailable() from error
        if signature is not None:
            metrics.infected_files.inc()
            logs.get().warning("infected_file", sha256=hashlib.sha256(content).hexdigest(), signature=signature[:120])
            raise FileInfected(signature=signature[:120])
        return True
