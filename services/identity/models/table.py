"""What all tables of this service hang on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Text
from sqlalchemy.orm import DeclarativeBase

from infra.chassis.storage.database import UtcDateTime


class Table(DeclarativeBase):
    """The declarative root."""

    type_annotation_map = {datetime: UtcDateTime, list[str]: JSON, str: Text}
