"""What all tables of this service hang on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date
from sqlalchemy.orm import DeclarativeBase

from infra.chassis.json_types import Json
from infra.chassis.storage.database import UtcDateTime


class Table(DeclarativeBase):
    """The tables of *oversight*, whichever room they are of."""

    type_annotation_map = {datetime: UtcDateTime, date: Date, Json: JSON, list[str]: JSON}
