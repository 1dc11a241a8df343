"""What all tables of this service hang on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, MetaData
from sqlalchemy.orm import DeclarativeBase

from infra.chassis.access.delegates import delegate_table
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import plumbing
from infra.chassis.storage.database import UtcDateTime

metadata = MetaData()
plumbing(metadata)
delegate_table(metadata)


class Table(DeclarativeBase):
    metadata = metadata
    type_annotation_map = {datetime: UtcDateTime, Json: JSON, list[Json]: JSON, list[str]: JSON}
