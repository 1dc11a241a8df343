"""The tables next to the streams: private data, read models, copies from neighbours, own notes.

The audit log's (leaves, nodes, checkpoints) are in `transparency.tables`.
"""

from __future__ import annotations

from infra.chassis.access.delegates import delegate_table
from infra.chassis.messaging.outbox import plumbing
from services.applications.models.neighbours import (
    AccessLogHead,
    AgencySeat,
    CalendarChange,
    MirroredApplication,
    ProcedureCopy,
    ProcedureTerm,
    RefundedFee,
)
from services.applications.models.own_notes import Erasure, ErasureAnswer, ReminderSent, RunningNumber
from services.applications.models.private_data import AnswerSet, Paper, Party, PendingBlob, Statement, UnscannedFile
from services.applications.models.read_model import application_document, application_view, view_columns, view_table
from services.applications.models.rows import Rows
from services.applications.transparency.tables import audit_tables

plumbing(Rows.metadata)
delegate_table(Rows.metadata)
audit_tables(Rows.metadata)

__all__ = [
    "AccessLogHead",
    "AgencySeat",
    "AnswerSet",
    "CalendarChange",
    "Erasure",
    "ErasureAnswer",
    "MirroredApplication",
    "Paper",
    "Party",
    "PendingBlob",
    "ProcedureCopy",
    "ProcedureTerm",
    "RefundedFee",
    "ReminderSent",
    "Rows",
    "RunningNumber",
    "Statement",
    "UnscannedFile",
    "application_document",
    "application_view",
    "view_columns",
    "view_table",
]
