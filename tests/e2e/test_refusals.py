"""Every refusal of the contracts, provoked at the real door: its name, its words in both languages, how soon, and that
nothing was recorded by it."""

from __future__ import annotations

import re

import pytest

from infra.chassis.contracts import contract_of
from tests.e2e.refusal_table import ELSEWHERE, UNIVERSAL, Key, Knock, everything, example
from tests.e2e.scenes import Fixtures
from tests.support.installation import AT_ONCE, Installation, RefusedCall, doors

TABLE = everything()
PROMISED = {(service, door, name) for service, door in doors() for name in contract_of(service).rpc[door]["refusals"]}
ACCENTS = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)


def provoked(installation: Installation, scenes: Fixtures, key: Key, knock: Knock, language: str) -> RefusedCall:
    service, door, _ = key
    named = {**contract_of(service).rpc[door]["parameters"]["properties"], "surplus": None}
    options = {**example(service, door), **knock.arguments(installation, scenes)}
    arguments = {name: value for name, value in options.items() if name in named}
    reply = installation.answer(service, door, knock.person, language, **arguments)
    assert isinstance(reply, RefusedCall), f"let through with {reply}"
    return reply


@pytest.mark.parametrize("key", sorted(TABLE), ids="-".join)
def test_a_refusal_has_its_name_speaks_both_languages_comes_at_once_and_leaves_no_trace(
    installation: Installation, scenes: Fixtures, key: Key
) -> None:
    knock = TABLE[key]
    if knock.before:
        knock.before(installation, scenes)
    before = installation.recorded()
    vietnamese, english = (provoked(installation, scenes, key, knock, language) for language in ("vi", "en"))
    assert {vietnamese.name, english.name} == {key[2]}, vietnamese.words
    assert ACCENTS.search(vietnamese.words) and vietnamese.words != english.words
    assert english.words.isascii() or not ACCENTS.search(english.words.split(":")[0])
    assert knock.pointer in vietnamese.words and knock.pointer in english.words
    assert max(vietnamese.cost, english.cost) < AT_ONCE
    if knock.before and installation.recorded() != before:  # perhaps what that step set going: once more, at rest
        before = installation.quiet()
        provoked(installation, scenes, key, knock, "vi")
    assert installation.recorded() == before


def test_every_refusal_a_contract_promises_is_provoked() -> None:
    assert PROMISED - set(TABLE) - ELSEWHERE == set()


def test_no_refusal_is_provoked_that_a_contract_does_not_promise() -> None:
    surplus = {key for key in {*TABLE, *ELSEWHERE} - PROMISED if key[2] not in UNIVERSAL}
    assert surplus == set()
