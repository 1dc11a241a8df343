"""The contract says what the code says: keys, events, examples; and it fits what the neighbours really publish."""

from __future__ import annotations

import pytest

from infra.chassis.contracts import Contract
from infra.chassis.messaging.topology import handler_methods
from services.notifications.domain.delivery import MOVES
from services.notifications.messages import CHANNELS, KINDS_BY_KEY, LANGUAGES, MESSAGE_KINDS
from services.notifications.service import NotificationsService
from tests.unit.notifications.builders import CONTRACT

DEFINITIONS = CONTRACT["definitions"]


CONTRACT_ = Contract(CONTRACT)


def test_the_contract_names_exactly_what_there_is() -> None:
    assert DEFINITIONS["key"]["enum"] == list(KINDS_BY_KEY)
    assert set(DEFINITIONS["event_type"]["enum"]) == set(MESSAGE_KINDS)
    assert DEFINITIONS["channel"]["enum"] == list(CHANNELS) and DEFINITIONS["language"]["enum"] == list(LANGUAGES)
    assert set(DEFINITIONS["delivery"]["properties"]["status"]["enum"]) == set(MOVES)


def test_every_event_has_a_handler_of_its_own_and_its_queue_is_named_after_it() -> None:
    entries = {f"{source}/{kind}": method for source, kind, method in handler_methods(NotificationsService)}
    assert set(entries) == set(CONTRACT["consumes"])
    for event, method in entries.items():
        assert method.endswith("_" + event.partition("/")[2].removesuffix(".v1"))


@pytest.mark.parametrize("consumed", sorted(CONTRACT["consumes"]))
def test_each_example_fits_its_own_schema(consumed: str) -> None:
    schema = CONTRACT_.consumed(*consumed.split("/"))
    assert schema is not None and schema.problems(CONTRACT["consumes"][consumed]["examples"][0]) == []
