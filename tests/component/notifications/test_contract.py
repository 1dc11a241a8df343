"""The contract says what the code says: keys, events, examples; and it fits what the neighbours really publish."""

from __future__ import annotations

import pytest

from infra.chassis.contracts import contract_of
from services.notifications.messages import LANGUAGES
from tests.component.notifications.use_cases import Office
from tests.support.cloud_events import event_of
from tests.unit.notifications.builders import CONTRACT
from tests.unit.notifications.fakes import Directory
from tests.unit.notifications.test_contract import CONTRACT_

WITHOUT_MESSAGE = {"applications/subject_erased.v1", "identity/contact_code_requested.v1"}  # the latter: code_mail


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("consumed", sorted(set(CONTRACT["consumes"]) - WITHOUT_MESSAGE))
def test_the_examples_of_the_owners_contract_can_be_rendered(office: Office, consumed: str, language: str) -> None:
    source, event_type = consumed.split("/")
    data = contract_of(source).events[event_type]["example"]
    schema = CONTRACT_.consumed(source, event_type)
    assert schema is not None and schema.problems(data) == []
    office.receive(event_of(f"{source}:1", data, event_type), Directory(language))
    [message] = office.messages()
    assert message.language == language and "None" not in message.subject + message.body
