"""What a process that serves does not import: each of these costs every process that starts, and few ever need it."""

import subprocess
import sys

from infra.chassis.settings import SERVICES

# Migrations, colours, look-ups of host names, images, telephone numbers, holidays, papers, signed XML, other commands.
WHEN_NEEDED = {
    "alembic", "mako", "rich", "pygments", "dns", "PIL", "phonenumbers", "holidays", "reportlab", "lxml", "signxml",
    "typer", "pydantic",
}  # fmt: skip
PROGRAM = """
import importlib, sys
from infra.cli.main import patch
patch()
import infra.cli.run, infra.cli.serving
from infra.chassis.running.loader import service_class
for service in sys.argv[1:]:
    service_class(service)
    importlib.import_module(f"services.{service}.follower")
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_service_and_its_follower_start_without_what_few_calls_need() -> None:
    started = subprocess.run([sys.executable, "-c", PROGRAM, *SERVICES], capture_output=True, text=True, check=True)
    imported = set(started.stdout.split())
    assert {"nameko", "sqlalchemy", "services"} <= imported
    assert not imported & WHEN_NEEDED
