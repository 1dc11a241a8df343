"""The contract says what the code says: keys, events, examples; and it fits what the neighbours really tell."""

from __future__ import annotations

import pytest

from infra.chassis.contracts import Contract, contract_of
from infra.chassis.messaging.topology import handler_methods
from services.notifications.domain.delivery import MOVES
from services.notifications.messages import CHANNELS, KINDS_BY_KEY, LANGUAGES, MESSAGE_KINDS
from services.notifications.service import NotificationsService
from tests.component.notifications.use_cases import CONTRACT, Directory, Office

DEFINITIONS = CONTRACT["definitions"]
CONTRACT_ = Contract(CONTRACT)


def test_the_contract_names_exactly_what_there_is() -> None:
    assert DEFINITIONS["key"]["enum"] == list(KINDS_BY_KEY)
    assert set(DEFINITIONS["event_type"]["enum"]) == set(MESSAGE_KINDS)
    assert DEFINITIONS["channel"]["enum"] == list(CHANNELS) and DEFINITIONS["language"]["enum"] == list(LANGUAGES)
    assert set(DEFINITIONS["delivery"]["properties"]["status"]["enum"]) == set(MOVES)


def test_every_event_has_a_handler_of_its_own_and_its_queue_is_named_after_it() -> None:
    found = {f"{source}/{kind}": method for source, kind, method in handler_methods(NotificationsService)}
    assert set(found) == set(CONTRACT["consumes"])
    for event, method in found.items():
        assert method.endswith("_" + event.partition("/")[2].removesuffix(".v1"))


@pytest.mark.parametrize("consumed", sorted(CONTRACT["consumes"]))
def test_each_example_fits_its_own_schema(consumed: str) -> None:
    schema = CONTRACT_.consumed(*consumed.split("/"))
    assert schema is not None and schema.problems(CONTRACT["consumes"][consumed]["examples"][0]) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("consumed", sorted(set(CONTRACT["consumes"]) - {"applications/subject_erased.v1"}))
def test_the_examples_of_the_owners_contract_can_be_rendered(office: Office, consumed: str, language: str) -> None:
    source, event_type = consumed.split("/")
    data = contract_of(source).events[event_type]["example"]
    schema = CONTRACT_.consumed(source, event_type)
    assert schema is not None and schema.problems(data) == []
    happening = {
        "id": f"{source}:1",
        "type": event_type,
        "source": f"/{source}",
        "time": "2026-11-20T02:30:00Z",
        "data": data,
    }
    office.receive(happening, Directory(language))
    [message] = office.messages()
    assert message.language == language and "None" not in message.subject + message.body
