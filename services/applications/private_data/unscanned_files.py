"""Files taken while the scanner was away: nobody opens them until it has looked at them, or if it found something.

By their content: the same bytes wait once, whoever handed them in and however often.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock, logs, metrics
from infra.chassis.storage.database import Database, insert_into
from services.applications.errors import FileInfected, FileNotScanned, ServiceUnavailable
from services.applications.models import UnscannedFile
from services.applications.private_data.blobs import Blobs
from services.applications.private_data.pending_blobs import in_use
from services.applications.private_data.virus_scanner import ScannerAway, VirusScanner

BATCH = 20


def hold_file(session: Session, sha256: str) -> None:
    """Keep these bytes from everybody until they are scanned."""
    row = insert_into(session, UnscannedFile).values(sha256=sha256, since=clock.now(), signature=None)
    session.execute(row.on_conflict_do_nothing(index_elements=["sha256"]))


def check_scanned(session: Session, sha256: str) -> None:
    """Refuse bytes that wait for the scanner, or that it has found something in."""
    row = session.get(UnscannedFile, sha256)
    if row is None:
        return
    if row.signature is None:
        raise FileNotScanned()
    raise FileInfected(signature=row.signature)


class FileScans:
    """The duty that shows the scanner what was taken without it."""

    name = "file-scans"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database, blobs: Blobs, scanner: VirusScanner | None) -> None:
        self.database, self.blobs, self.scanner = database, blobs, scanner

    def step(self) -> int:
        """Scan what has waited longest; how many files got their verdict."""
        if self.scanner is None:
            return 0
        with self.database.session() as session:
            waiting = select(UnscannedFile.sha256).where(UnscannedFile.signature.is_(None))
            oldest = list(session.scalars(waiting.order_by(UnscannedFile.since).limit(BATCH)))
        done = 0
        for sha256 in oldest:
            try:
                done += self._scanned(sha256, self.scanner)
            except ScannerAway:
                break
        return done

    def _scanned(self, sha256: str, scanner: VirusScanner) -> int:
        try:
            signature = scanner.signature_in(self.blobs.get(sha256))
        except ServiceUnavailable:  # removed meanwhile, or its store is away
            with self.database.session() as session:
                if not in_use(session, [sha256]):
                    session.delete(session.get_one(UnscannedFile, sha256))
            return 0
        with self.database.session() as session:
            row = session.get_one(UnscannedFile, sha256)
            if signature is None:
                session.delete(row)
            else:
                row.signature = signature[:120]
                metrics.infected_files.inc()
                logs.get().warning("infected_file", sha256=sha256, signature=row.signature)
        return 1
