"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis import migrations
from services.payments.models import metadata

migrations.run(metadata, "payments", retired={"0004": "0003", "0005": "0003"})
