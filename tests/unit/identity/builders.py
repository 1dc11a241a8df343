"""Settings of an installation in production, and its first operator."""

from __future__ import annotations

OPERATOR = {"username": "operator", "password": "cây tre trăm đốt", "full_name": "Người Vận Hành"}
PRODUCTION = {"AMQP_URI": "amqp://broker", "PORTAL_ENVIRONMENT": "production", "IDENTITY_DATABASE_URL": "sqlite://"}
