"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis import migrations
from services.identity.models import Table

migrations.run(Table.metadata, "identity", retired={"0003": "0002", "0004": "0002"})
