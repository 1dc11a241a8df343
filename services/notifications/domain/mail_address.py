"""Which e-mail addresses can receive anything: valid by RFC 5321, at a domain name of at least two labels."""

from __future__ import annotations

import re
import unicodedata

LONGEST, LONGEST_LOCAL_PART = 254, 64
LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)


def is_mail_address(address: str) -> bool:
    """Whether mail can be sent there, as far as the address itself tells; international domains count in ASCII."""
    local_part, at, domain = address.rpartition("@")
    if any(unicodedata.category(sign)[0] in "CZ" for sign in address) or unicodedata.normalize(
        "NFKC", address
    ) != unicodedata.normalize("NFC", address):
        return False  # signs nobody sees, or the wide and small forms of signs: no mailbox is named so
    if not at or len(address) > LONGEST or len(local_part) > LONGEST_LOCAL_PART or not LOCAL_PART.fullmatch(local_part):
        return False
    try:
        labels = domain.encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return False
    return (
        len(labels) > 1
        and len(labels[-1]) > 1
        and all(LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
