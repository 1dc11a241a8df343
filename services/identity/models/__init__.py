"""Identity's tables: accounts and how they sign in, offices and who holds them, delegations, who read whose data.

Only this service reads or writes them. Secrets are stored as digests (passwords and client secrets argon2id, refresh
tokens SHA-256), the seed of one-time codes encrypted.
"""

from __future__ import annotations

from infra.chassis.messaging.outbox import plumbing
from services.identity.models import single_sign_on
from services.identity.models.access_log import AccessChallenge, AccessEntry, AccessHead, AccessPurpose, AccessSeal
from services.identity.models.accounts import Account, AccountRecovery, ContactCode, PendingRegistration, RecoveryCode
from services.identity.models.contacts import ContactChange
from services.identity.models.offices import Agency, Appointment, AppointmentRequest, Delegation
from services.identity.models.sessions import (
    AccessEnding,
    KnownDevice,
    RefreshToken,
    ServiceClient,
    SignInAttempt,
    SignInRecord,
    SignInSession,
    SprayedName,
    TokenKey,
)
from services.identity.models.table import Table

plumbing(Table.metadata)

__all__ = [
    "AccessChallenge",
    "AccessEnding",
    "AccessEntry",
    "AccessHead",
    "AccessPurpose",
    "AccessSeal",
    "Account",
    "AccountRecovery",
    "Agency",
    "Appointment",
    "AppointmentRequest",
    "ContactChange",
    "ContactCode",
    "Delegation",
    "KnownDevice",
    "PendingRegistration",
    "RecoveryCode",
    "RefreshToken",
    "ServiceClient",
    "SignInAttempt",
    "SignInRecord",
    "SignInSession",
    "SprayedName",
    "Table",
    "TokenKey",
    "single_sign_on",
]
