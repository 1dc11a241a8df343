"""The form's answers: the latest revision beside the stream, and which fields a new one changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.private_data import vault

if TYPE_CHECKING:
    pass


def current_answers(session: Session, application: Application) -> Json:
    """The latest revision of the answers; empty before the first one and after an erasure."""
    return (vault.answers(session, application.answers["answers_id"]) if application.answers else None) or {}


def revise_answers(session: Session, application: Application, answers: Mapping[str, object], act: Act) -> None:
    """Keep a new revision of the answers next to the stream and record which fields changed."""
    changed = changed_fields(current_answers(session, application), answers)
    application.save_answers(**vault.keep_answers(session, str(application.id), answers), changed=changed, by=act)


def changed_fields(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """JSON pointers of the form's fields that differ."""
    names = sorted({*before, *after})
    return [f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names if before.get(name) != after.get(name)]
