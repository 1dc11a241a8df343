"""Alembic's entry: this service's tables, on its own database only."""

from infra.chassis.migrations import run
from services.catalog.models import CatalogModel

run(CatalogModel.metadata, "catalog")
