"""A migration is frozen: what the tables and the code become later does not change what it did."""

import ast
import shutil
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from infra.chassis import migrations
from infra.chassis.settings import SERVICES
from infra.chassis.storage import revisions
from infra.chassis.storage.revisions import UnreadableRevision, known_heads, migrations_of

ROOT = Path(__file__).parents[2]
REVISIONS = sorted(ROOT.glob("services/*/migrations/versions/*.py")) + sorted(
    ROOT.glob("infra/chassis/migrations/versions/*.py")
)
RETIRING = {"identity", "catalog", "applications", "payments", "notifications"}  # numbers of before the first release
ALLOWED = {"__future__", "hashlib", "secrets", "sqlalchemy", "alembic", "infra.chassis.storage.types"}


def test_every_service_and_the_chassis_have_migrations():
    folders = {path.relative_to(ROOT).parts[1] for path in REVISIONS}
    assert folders == {*SERVICES, "chassis"}


@pytest.mark.parametrize("path", REVISIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_migration_imports_no_living_table(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert imported <= ALLOWED


@pytest.mark.parametrize("folder", sorted({path.parent for path in REVISIONS}), ids=lambda folder: folder.parts[-3])
def test_each_revision_has_a_number_of_its_own(folder):
    numbers = [path.stem.split("_")[0] for path in REVISIONS if path.parent == folder]
    assert sorted(numbers) == sorted(set(numbers))


@pytest.mark.parametrize("service", SERVICES)
def test_the_tables_of_the_chassis_come_from_a_branch_of_their_own(service):
    script = ScriptDirectory.from_config(migrations.configuration(service, ""))
    chassis = [revision for revision in script.walk_revisions() if "chassis" in revision.branch_labels]
    assert {refusal.path for refusal in chassis} == {str(path) for path in REVISIONS if "infra" in path.parts}
    assert len(script.get_heads()) == 2
    assert known_heads(service) == set(script.get_heads())


def test_a_revision_that_does_not_name_itself_stops_who_asks_for_the_heads(tmp_path, monkeypatch):
    nameless = tmp_path / "nameless" / "migrations" / "versions"
    nameless.mkdir(parents=True)
    (nameless / "0001_nothing.py").write_text("revision = str(1)\ndown_revision = None\n")
    monkeypatch.setattr(revisions, "service_folder", lambda service: tmp_path / service)
    with pytest.raises(UnreadableRevision, match="0001_nothing"):
        known_heads("nameless")


@pytest.mark.parametrize("service", SERVICES)
def test_a_number_that_was_retired_is_not_used_again(service):
    env = ast.parse((migrations_of(service) / "env.py").read_text(encoding="utf-8"))
    retired = [node.value for node in ast.walk(env) if isinstance(node, ast.keyword) and node.arg == "retired"]
    numbers = ast.literal_eval(retired[0]) if retired else {}
    script = ScriptDirectory.from_config(migrations.configuration(service, ""))
    known_ids = {revision.revision for revision in script.walk_revisions()}
    assert bool(numbers) == (service in RETIRING)
    assert not set(numbers) & known_ids
    assert set(numbers.values()) <= known_ids


def test_migrations_are_found_in_a_folder_whose_name_needs_quoting(tmp_path, monkeypatch):
    strange = tmp_path / "50% cổng, dịch:vụ"
    shutil.copytree(migrations_of("catalog"), strange / "migrations")
    monkeypatch.setattr(revisions, "service_folder", lambda service: strange)
    script = ScriptDirectory.from_config(migrations.configuration("catalog", ""))
    assert len(script.get_heads()) == 2
