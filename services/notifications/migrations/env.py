from infra.chassis.migrations import run
from services.notifications.models import Row

run(Row.metadata, "notifications")
