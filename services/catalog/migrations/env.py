"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis import migrations
from services.catalog.models import CatalogModel

migrations.run(CatalogModel.metadata, "catalog", retired={"0003": "0002", "0004": "0002", "0005": "0002"})
