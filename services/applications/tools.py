"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from infra.chassis.running.offers import offers

PLACES = {
    "EvidenceReader": "services.applications.exchange.evidence_reader:EvidenceReader",
    "SelfCheck": "services.applications.verification.self_check:SelfCheck",
    "import_history": "services.applications.exchange.history_import:import_history",
    "lifecycle_diagram": "services.applications.domain.moves:lifecycle_diagram",
    "published_log": "services.applications.verification.self_check:published_log",
    "rebuild": "services.applications.read_model.rebuild:rebuild",
    "report": "services.applications.reports.report:report",
    "report_as_html": "services.applications.reports.html:report_as_html",
    "report_as_pdf": "services.applications.reports.pdf:report_as_pdf",
    "report_font": "services.applications.reports.pdf:report_font",
    "seal_all": "services.applications.transparency.sealing:seal_all",
    "sign_history": "services.applications.verification.history_signing:sign_history",
    "tamper_with_a_copy": "services.applications.verification.tampering_demo:tamper_with_a_copy",
    "unsealed_not_authentic": "services.applications.verification.authenticity_check:unsealed_not_authentic",
    "verifier": "services.applications.verification.verifier",
    "verifier_keys": "services.applications.transparency.keys:verifier_keys",
}
__getattr__ = offers(PLACES)
