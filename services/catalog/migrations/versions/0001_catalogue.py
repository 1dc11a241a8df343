"""The catalogue's first tables: versions, history, search index, calendar, agencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from infra.chassis.storage.types import BigKey, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "agency",
    "calendar_day",
    "search_word",
    "search_facet",
    "search_entry",
    "field",
    "procedure_change",
    "procedure_version",
    "procedure",
)


def upgrade() -> None:
    _versions()
    _search()
    _days_and_agencies()
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_text USING fts5(words, content='', tokenize=\"unicode61 remove_diacritics 0\")"
        )
    else:
        _postgresql()


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("DROP TABLE search_text")
    for table in TABLES:
        op.drop_table(table)
    if not sqlite:
        op.execute("DROP FUNCTION procedure_version_overlap()")


def _versions() -> None:
    op.create_table(
        "procedure",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("versions", sa.Integer, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "procedure_version",
        sa.Column("code", sa.String(40), sa.ForeignKey("procedure.code"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("effective_until", sa.Date),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("published_at", UtcDateTime),
        sa.Column("findings", sa.JSON, nullable=False),
    )
    op.create_index("procedure_version_days", "procedure_version", ["code", "effective_from"])
    op.create_table(
        "procedure_change",
        sa.Column("id", BigKey, primary_key=True, autoincrement=True),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("act", sa.String(30), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by_account", sa.String(80), nullable=False),
        sa.Column("by_name", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("procedure_change_code", "procedure_change", ["code", "id"])


def _search() -> None:
    op.create_table(
        "field",
        sa.Column("code", sa.String(80), primary_key=True),
        sa.Column("name_vi", sa.String(300), nullable=False),
        sa.Column("name_en", sa.String(300), nullable=False),
    )
    op.create_table(
        "search_entry",
        sa.Column("id", BigKey, primary_key=True, autoincrement=True),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("effective_until", sa.Date),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("accented", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("summary", sa.JSON, nullable=False),
    )
    op.create_index("search_entry_version", "search_entry", ["code", "version"], unique=True)
    op.create_table(
        "search_facet",
        sa.Column("entry_id", BigKey, sa.ForeignKey("search_entry.id"), primary_key=True),
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("value", sa.String(80), primary_key=True),
    )
    op.create_index("search_facet_value", "search_facet", ["kind", "value", "entry_id"])
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(60), primary_key=True),
        sa.Column("entries", sa.Integer, nullable=False),
    )


def _days_and_agencies() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("id", BigKey, primary_key=True, autoincrement=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("known_at", UtcDateTime, nullable=False),
        sa.Column("by_account", sa.String(80), nullable=False),
        sa.Column("by_name", sa.String(200), nullable=False),
    )
    op.create_index("calendar_day_day", "calendar_day", ["day", "id"])
    op.create_table(
        "agency",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("valid_from", sa.Date, primary_key=True),
        sa.Column("valid_until", sa.Date),
        sa.Column("name_vi", sa.String(300), nullable=False),
        sa.Column("name_en", sa.String(300), nullable=False),
        sa.Column("parent_code", sa.String(40)),
        sa.Column("province_code", sa.String(10)),
        sa.Column("merged_into", sa.String(40)),
        sa.Column("legal_basis", sa.Text),
    )


def _postgresql() -> None:
    # Words are already folded: they go into the vector as they are, with no parser or dictionary to disagree on.
    op.execute(
        "ALTER TABLE search_entry ADD COLUMN vector tsvector"
        " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(words), ' '))) STORED"
    )
    op.execute("CREATE INDEX search_entry_vector ON search_entry USING gin (vector)")
    op.execute("CREATE INDEX search_entry_code ON search_entry (code text_pattern_ops)")
    # The rule that versions never overlap, a second time and by the database itself.
    op.execute("""
        CREATE FUNCTION procedure_version_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM procedure_version one
                JOIN procedure_version other ON other.code = one.code AND other.version > one.version
                WHERE one.code = NEW.code AND one.state = 'published' AND other.state = 'published'
                AND one.effective_from <= COALESCE(other.effective_until, 'infinity')
                AND other.effective_from <= COALESCE(one.effective_until, 'infinity')
            ) THEN
                RAISE EXCEPTION 'versions of % overlap', NEW.code USING ERRCODE = 'exclusion_violation';
            END IF;
            IF TG_OP = 'UPDATE' AND OLD.state = 'published'
                AND (OLD.definition::text <> NEW.definition::text OR OLD.effective_from <> NEW.effective_from)
            THEN
                RAISE EXCEPTION 'a published version of % never changes', NEW.code USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE CONSTRAINT TRIGGER procedure_version_overlap AFTER INSERT OR UPDATE ON procedure_version
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION procedure_version_overlap()
    """)
