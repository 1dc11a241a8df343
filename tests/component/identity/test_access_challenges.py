"""A person challenges an entry of their access log; an auditor who has no part in it answers."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.storage.commands import Command
from services.identity.access_challenges import ChallengeDesk
from services.identity.errors import (
    AccessChallengeAnswered,
    AccessChallengeNotFound,
    AccessEntryNotFound,
    OwnCase,
)
from services.identity.personal_data import PersonalData
from tests.component.identity.test_access_log import reading

SUBJECT, OTHER = Actor("subject", roles=frozenset({"citizen"})), Actor("other", roles=frozenset({"citizen"}))
AUDITOR = Actor("auditor-1", roles=frozenset({"auditor"}))


@pytest.fixture
def desk(identity: Any) -> ChallengeDesk:
    identity.access.note_reading(reading(7, "subject", "reader"))
    return ChallengeDesk(identity.database)


def how(by: Actor) -> dict[str, Any]:
    return {"by": by, "command": Command.of(str(uuid4()), "challenge", by.account_id, {}, call_id="c")}


def challenged(desk: ChallengeDesk) -> dict[str, Any]:
    return desk.challenge_access(1, "Tôi không có hồ sơ ở đó.", **how(SUBJECT))


def test_it_is_asked_answered_and_shown_next_to_the_entry(identity: Any, desk: ChallengeDesk, fits: Any) -> None:
    challenge = challenged(desk)
    fits("challenge_access", challenge)
    assert challenged(desk)["challenge_id"] == challenge["challenge_id"]
    fits("access_challenges", desk.access_challenges(by=AUDITOR))
    answer = desk.answer_challenge(challenge["challenge_id"], "unjustified", "Xem nhầm.", **how(AUDITOR))
    fits("answer_challenge", answer)
    log = identity.access.access_log(by=SUBJECT)
    fits("access_log", log)
    assert log["items"][-1]["challenge"] == {
        "challenge_id": challenge["challenge_id"],
        "status": "unjustified",
        "answer": "Xem nhầm.",
    }
    assert [kind for kind, _ in identity.outbox_events()] == ["access_challenged.v1", "access_challenge_answered.v1"]
    with pytest.raises(AccessChallengeAnswered):
        desk.answer_challenge(challenge["challenge_id"], "justified", "Đúng việc.", **how(AUDITOR))


def test_an_auditor_who_reads_the_challenges_is_in_the_log_of_whoever_asked(identity: Any, desk: Any) -> None:
    challenged(desk)
    desk.access_challenges(by=AUDITOR)
    assert identity.access.access_log(by=SUBJECT)["items"][0]["reader_id"] == AUDITOR.account_id


def test_nobody_challenges_anothers_entry_or_answers_for_themselves(desk: ChallengeDesk) -> None:
    with pytest.raises(AccessEntryNotFound):
        desk.challenge_access(1, "Tò mò.", **how(OTHER))
    challenge = challenged(desk)["challenge_id"]
    for party in ("subject", "reader"):
        auditor = Actor(party, roles=frozenset({"auditor"}))
        assert desk.access_challenges(by=auditor)["items"] == []
        with pytest.raises(OwnCase):
            desk.answer_challenge(challenge, "justified", "Đúng việc.", **how(auditor))
    with pytest.raises(AccessChallengeNotFound):
        desk.answer_challenge(str(uuid4()), "justified", "Đúng việc.", **how(AUDITOR))


def test_an_erasure_takes_the_words(identity: Any, desk: ChallengeDesk) -> None:
    challenged(desk)
    with identity.database.session() as session:
        PersonalData(identity.database).forget(session, "subject", set())
    [left] = desk.access_challenges(by=AUDITOR)["items"]
    assert (left["reason"], left["answer"]) == ("–", "–")
