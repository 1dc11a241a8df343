"""Scopes of single sign-on, and the claims each of them shows of a person."""

from __future__ import annotations

from collections.abc import Collection

from infra.chassis.json_types import Json
from infra.chassis.storage.types import TableRow
from services.identity.models import Account

SCOPES: dict[str, tuple[str, ...]] = {
    "openid": ("sub",),
    "profile": ("name", "birthdate", "locale"),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "citizen_number": ("citizen_number",),
    "offline_access": (),
}


def claims_of_account(account: TableRow | Account, subject: str, scopes: Collection[str]) -> Json:
    """What these scopes show; a claim without a value is left out. Verified is what its reader has shown a code of."""
    birth_date, email, phone = account.birth_date, account.email, account.phone
    values: Json = {
        "sub": subject,
        "name": account.full_name,
        "birthdate": birth_date.isoformat() if birth_date else None,
        "locale": account.language,
        "email": email,
        "email_verified": account.email_confirmed_at is not None if email else None,
        "phone_number": phone,
        "phone_number_verified": account.phone_confirmed_at is not None if phone else None,
        "citizen_number": account.citizen_number,
    }
    visible = {claim for scope in scopes for claim in SCOPES[scope]}
    return {claim: value for claim, value in values.items() if claim in visible and value is not None}
