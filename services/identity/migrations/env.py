from infra.chassis import migrations
from services.identity.models import Table

migrations.run(Table.metadata, "identity")
