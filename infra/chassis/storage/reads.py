"""Reads of one prepared statement each, for doors that are called often.

A :class:`Read` is written once with SQLAlchemy and compiled once; on PostgreSQL it then goes through psycopg as a
prepared statement in one round trip, without a session, a transaction or a compilation. A connection that breaks on it
is thrown away and the read, which changes nothing, is asked once more on a new one. SQLite goes through the session.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from sqlalchemy import ColumnElement
from sqlalchemy.engine import Dialect, Engine

from infra.chassis.storage.connections import USELESS
from infra.chassis.storage.types import Selection, TableRow

if TYPE_CHECKING:
    import psycopg

CHANGED_PLAN = "0A000"  # a migration has changed what the prepared statement gives


class Read:
    """One SELECT with named parameters (``bindparam``); its rows have their columns as attributes.

    Lists of parameters (``IN``) and decimal fractions are not supported.
    """

    def __init__(self, statement: Selection) -> None:
        self.statement = statement
        self._prepared: _Prepared | None = None

    def on(self, engine: Engine, values: Mapping[str, object]) -> Sequence[TableRow]:
        """All rows for these parameters, from PostgreSQL."""
        prepared = self._prepared
        if prepared is None:
            prepared = self._prepared = _Prepared(self.statement, engine.dialect)
        try:
            return _fetched(engine, prepared, values)
        except Exception as error:
            if not _on_a_new_one(error):
                raise
        return _fetched(engine, prepared, values)


class _Prepared:
    """A statement as psycopg takes it, and what makes its rows of what psycopg gives."""

    def __init__(self, statement: Selection, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.words = str(compiled)
        self.defaults = {name: value for name, value in compiled.params.items() if value is not None}
        columns = list(statement.selected_columns)
        row = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc]  # names of this statement
        self.row = cast(Callable[[Sequence[object]], TableRow], row._make)  # its columns are attributes, as a row's
        self.conversions = [
            (number, conversion)
            for number, column in enumerate(columns)
            if (conversion := _conversion(column, dialect)) is not None
        ]

    def rows(self, fetched: list[tuple[object, ...]]) -> list[TableRow]:
        if not self.conversions:
            return [self.row(row) for row in fetched]
        rows = []
        for row in fetched:
            values = list(row)
            for number, conversion in self.conversions:
                values[number] = conversion(values[number])
            rows.append(self.row(values))
        return rows


def _conversion(column: ColumnElement[object], dialect: Dialect) -> Callable[[object], object] | None:
    processor: Callable[[object], object] | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return processor


def _fetched(engine: Engine, prepared: _Prepared, values: Mapping[str, object]) -> Sequence[TableRow]:
    lent = engine.raw_connection()
    try:
        connection = cast("psycopg.Connection", lent.driver_connection)
        cursor = lent.info.get("cursor_of_reads")
        if cursor is None:
            cursor = lent.info["cursor_of_reads"] = connection.cursor()
        connection.autocommit = True
        cursor.execute(prepared.words, {**prepared.defaults, **values}, prepare=True)
        rows = prepared.rows(cursor.fetchall())
        connection.autocommit = False
    except BaseException as error:  # a deadline, too, leaves the statement running
        lent.invalidate(error)
        raise
    lent.close()
    return rows


def _on_a_new_one(error: Exception) -> bool:
    """Whether the same statement may do well on another connection."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return False
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state in USELESS or state == CHANGED_PLAN
