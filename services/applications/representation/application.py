"""An application as plain JSON: what readers are shown and what two instants are compared by.

Sealed words appear as ``{"statement_id", "commitment"}``; whoever may read them opens them with the rows next
to the stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from infra.chassis.json_types import Json
from services.applications.domain.application import Application
from services.applications.domain.moves import allowed_from
from services.applications.domain.statuses import NAMES, official_code


def application_as_json(application: Application) -> Json:
    """Everything the events of an application record, JSON values only."""
    return {
        "application_id": str(application.id),
        "reference": application.reference,
        "version": application.version,
        "status": application.status.value,
        "status_name": NAMES[application.status],
        "official_status": official_code(application.status),
        "procedure_code": application.procedure_code,
        "procedure_version": application.procedure_version,
        "procedure_digest": application.procedure_digest,
        "channel": application.channel,
        "level": application.level,
        "agency_code": application.agency_code,
        "applicant_id": application.applicant_id,
        "by": application.started_by,
        **_times(application),
        **_contents(application),
        **_handling(application),
        **_outcome(application),
        "allowed": allowed_from(application.status),
    }


def _times(application: Application) -> Json:
    clock = application.clock
    return {
        "started_at": iso(application.started_at),
        "updated_at": iso(application.modified_on),
        "submitted_at": iso(application.submitted_at),
        "accepted_at": iso(application.accepted_at),
        "ended_at": iso(application.ended_at),
        "promised_at": iso(clock.promised_at if clock else None),
        "due_at": iso(application.due_at),
        "paused": bool(clock and clock.is_paused),
    }


def _contents(application: Application) -> Json:
    return {
        "answers": application.answers,
        "attachments": [{"attachment_id": key, **paper} for key, paper in application.attachments.items()],
        "delivery": application.delivery,
        "quote": application.quote,
        "fees": {moment: dict(fee) for moment, fee in application.fees.items()},
        "owed": application.owed(),
    }


def _handling(application: Application) -> Json:
    return {
        "receipt_number": application.receipt_number,
        "officer_id": application.officer_id,
        "waits": list(application.waits),
        "supplements": application.supplements,
        "consultations": [
            {"consultation_id": key, **consultation} for key, consultation in application.consultations.items()
        ],
        "hands": list(application.hands),
        "refusal": application.refusal,
    }


def _outcome(application: Application) -> Json:
    return {
        "proposal": application.proposal,
        "decision": application.decision,
        "set_aside": list(application.set_aside),
        "returned": application.returned,
        "appeal": application.pending_appeal,
        "appeals": list(application.appeals),
        "ratings": list(application.ratings),
        "erased": application.erased,
    }


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[Json]:
    """``[{"field": JSON pointer, "before", "after"}]`` for every leaf that differs."""
    left, right = dict(_leaves(before)), dict(_leaves(after))
    pointers = list(dict.fromkeys([*left, *right]))
    return [{"field": p, "before": left.get(p), "after": right.get(p)} for p in pointers if left.get(p) != right.get(p)]


def _leaves(value: object, pointer: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(part, f"{pointer}/{number}")
    else:
        yield pointer, value


def iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
