from infra.chassis import migrations
from services.applications.models import Rows

migrations.run(Rows.metadata, "applications")
