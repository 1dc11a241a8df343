"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis import migrations
from services.applications.models import Rows

migrations.run(Rows.metadata, "applications", retired={"0008": "0007", "0009": "0007"})
