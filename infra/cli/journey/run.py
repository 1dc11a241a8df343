"""One citizen's application from catalogue to result, through public RPCs and HTTP only, every outcome checked.

The demo narrates it; the end-to-end tests run it on the embedded default, on real servers and in compose.
"""

from __future__ import annotations

from infra.chassis.json_types import Json
from infra.cli.journey.audit import audit
from infra.cli.journey.beginning import catalogue, people
from infra.cli.journey.filing import filing
from infra.cli.journey.journey import Journey
from infra.cli.journey.messages import messages
from infra.cli.journey.office import office
from infra.cli.journey.payment import payment

PARTS = (catalogue, people, filing, payment, office, messages, audit)


def run_journey(journey: Journey) -> Json:
    """Every part, in order; answers what a caller may want to look at afterwards."""
    for number, part in enumerate(PARTS, 1):
        journey.part = number
        part(journey)
    return {"application_id": journey.application_id, "reference": journey.reference, "steps": journey.steps}
