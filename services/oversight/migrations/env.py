"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis import migrations
from services.oversight.models import Table

migrations.run(Table.metadata, "oversight", retired={})
