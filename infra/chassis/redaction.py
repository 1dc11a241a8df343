"""What is left of a message when the person it speaks of has been erased: its facts, without a word of anybody's.

Ids, codes, states, amounts and times stay, so that what still has to happen can happen. Any other text becomes a dash:
what is kept is listed here, what goes is everything else.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import overload

from infra.chassis.json_types import Json

PLACEHOLDER = "–"  # fits wherever a contract wants some text
LONGEST = 160  # characters of a fact; an id or code is shorter
FACTS = re.compile(
    r"(?:^|_)(?:id|ids|by|code|codes|at|until|from|version|status|standing|state|currency|kind|type|types|role|roles|"
    r"method|channel|reference|gateway|how|cause|outcome|moments|origin|source|subject|service|door|callid)$"
    r"|^(?:specversion|datacontenttype|time|date|language|format|scope|amount|fee_id|order_ref|transaction_no|"
    r"receipt_number|receipt_book_number|tracking_number|changed|requirement|field|pointer)$"
)
ACTORS = re.compile(r"(?:^|_)(?:by|officer_id)$")  # who did it: that is not whom it is about
SECRETS = frozenset({"tracking_code", "otp_code"})  # they end like a code and open something
PUBLIC_TEXT = frozenset({"legal_basis"})  # the law by which something was done
LABELS = frozenset({"vi", "en"})  # published names of procedures and fees …
FREE_TEXT = frozenset({"reason", "marks", "answers", "purpose", "problem", "facts"})  # … unless they are in these
JWS = re.compile(r"[\w-]{20,400}\.[\w-]{20,400}\.[\w-]{86}", re.ASCII)  # a source's signature holds digests, no words
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TOKEN = re.compile(r"eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]*", re.ASCII)


@overload
def redacted(value: Json) -> Json: ...
@overload
def redacted(value: object, key: str = ..., spoken: bool = ...) -> object: ...
def redacted(value: object, key: str = "", spoken: bool = False) -> object:
    """``value`` (JSON) with every text that is no fact replaced by a dash; shape, numbers and facts as they were."""
    if isinstance(value, dict):
        free_text = spoken or key in FREE_TEXT
        return {name: redacted(inner, str(name), free_text) for name, inner in value.items()}
    if isinstance(value, list):
        return [redacted(inner, key, spoken) for inner in value]
    return value if not isinstance(value, str) or _is_fact(value, key, spoken) else PLACEHOLDER


def _is_fact(text: str, key: str, spoken: bool) -> bool:
    if key == "signature":
        return JWS.fullmatch(text) is not None
    if key in PUBLIC_TEXT or (key in LABELS and not spoken):
        return True
    plain = len(text) <= LONGEST and not any(character.isspace() for character in text)
    return plain and _names_a_fact(key)


@lru_cache(maxsize=4096)
def _names_a_fact(key: str) -> bool:
    return key not in SECRETS and FACTS.search(key) is not None


def without_actors(value: object) -> object:
    """``value`` without those who did what it reports: an official's hand in a matter does not make it theirs."""
    if isinstance(value, dict):
        return {name: without_actors(inner) for name, inner in value.items() if not ACTORS.search(str(name))}
    return [without_actors(inner) for inner in value] if isinstance(value, list) else value


def mentions(text: str, marks: Iterable[str]) -> bool:
    """Whether ``text`` names one of ``marks``: ids (UUIDs), or anything else by which a person is found."""
    mark_set = marks if isinstance(marks, set | frozenset) else set(marks)
    if not mark_set.isdisjoint(UUID.findall(text)):
        return True
    return any(mark in text for mark in mark_set if not UUID.fullmatch(mark))


def with_token_claims(text: str) -> str:
    """``text`` and what the access tokens in it say, so that a message can be tied to its caller."""
    return " ".join([text, *(_decoded(token) for token in TOKEN.findall(text))])


def _decoded(segment: str) -> str:
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def storable(text: object, longest: int) -> str:
    """A text as every database and header takes it: without NUL and lone surrogates, and no longer than that."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", str(text)[:longest])


def json_bytes(value: object) -> bytes:
    """JSON in UTF-8; what UTF-8 cannot say (lone surrogates) is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def error_kind(error: str) -> str:
    """What sort of error it was; its message may repeat what the handler was given."""
    return error.partition(":")[0][:80]
