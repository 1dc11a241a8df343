"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis import migrations
from services.notifications.models import Table

migrations.run(Table.metadata, "notifications", retired={"0002": "0001", "0004": "0003", "0005": "0003"})
