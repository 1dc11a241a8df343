"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis import migrations
from services.interchange.models import InterchangeTable

migrations.run(InterchangeTable.metadata, "interchange", retired={})
