"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from services.applications.domain.moves import lifecycle_diagram
from services.applications.exchange.evidence_reader import EvidenceReader
from services.applications.exchange.history_import import import_history
from services.applications.read_model.rebuild import rebuild
from services.applications.reports.html import report_as_html
from services.applications.reports.pdf import report_as_pdf, report_font
from services.applications.reports.report import report
from services.applications.transparency.keys import verifier_keys
from services.applications.transparency.sealing import seal_all
from services.applications.verification import verifier
from services.applications.verification.authenticity_check import unsealed_not_authentic
from services.applications.verification.history_signing import sign_history
from services.applications.verification.self_check import SelfCheck, published_log
from services.applications.verification.tampering_demo import tamper_with_a_copy

__all__ = [
    "EvidenceReader",
    "SelfCheck",
    "import_history",
    "lifecycle_diagram",
    "published_log",
    "rebuild",
    "report",
    "report_as_html",
    "report_as_pdf",
    "report_font",
    "seal_all",
    "sign_history",
    "tamper_with_a_copy",
    "unsealed_not_authentic",
    "verifier",
    "verifier_keys",
]
