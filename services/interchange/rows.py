"""What all tables of this service hang on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase

from infra.chassis.json_types import Json
from infra.chassis.storage.database import UtcDateTime


class InterchangeTable(DeclarativeBase):
    """The tables of *interchange*, whichever room they are of."""

    type_annotation_map = {
        datetime: UtcDateTime,
        Json: JSON,
        list[Json]: JSON,
        list[str]: JSON,
        str: Text,
        bytes: LargeBinary,
    }
