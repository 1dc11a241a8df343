from infra.chassis import migrations
from services.payments.models import metadata

migrations.run(metadata, "payments")
