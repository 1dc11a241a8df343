"""What an assertion is bound to, without a broker; the attacks on the wire are in tests/service/trust."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import time_machine

from infra.chassis.settings import Settings
from infra.chassis.trust.assertions import LIFETIME, AssertionRefused, Assertions, Envelope, assertion
from infra.chassis.trust.installation import key_list, signer
from infra.chassis.trust.statements import CLOCKS_APART

ENVELOPE = Envelope(b'{"args": [], "kwargs": {}}', "c1", "r1", "p1")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings({"PORTAL_HOME": str(tmp_path)})


@pytest.fixture
def assertions(settings) -> Assertions:
    return Assertions(key_list(settings), "identity")


@pytest.fixture
def genuine(settings) -> str:
    return assertion(signer(settings, "payments"), ENVELOPE, "identity", "contact", None)


def test_a_genuine_one_names_its_caller(assertions, genuine):
    assert assertions.caller_of(genuine, ENVELOPE, "contact", None) == "payments"


@pytest.mark.parametrize(
    "part",
    [{"body": b"{}"}, {"correlation_id": "c2"}, {"reply_to": "r2"}, {"parent": "p2"}],
    ids=lambda part: next(iter(part)),
)
def test_no_part_of_the_call_can_be_another(assertions, genuine, part):
    with pytest.raises(AssertionRefused, match=next(iter(part)).split("_")[0].replace("correlation", "id")):
        assertions.caller_of(genuine, replace(ENVELOPE, **part), "contact", None)


def test_neither_method_nor_recipient_nor_token_can_be_another(settings, assertions, genuine):
    for method, token in (("posts", None), ("contact", "a person's")):
        with pytest.raises(AssertionRefused):
            assertions.caller_of(genuine, ENVELOPE, method, token)
    with pytest.raises(AssertionRefused):
        Assertions(key_list(settings), "catalog").caller_of(genuine, ENVELOPE, "contact", None)


def test_it_is_taken_once_but_for_what_the_broker_delivers_again(assertions, genuine):
    assertions.caller_of(genuine, ENVELOPE, "contact", None)
    with pytest.raises(AssertionRefused, match="đã dùng rồi"):
        assertions.caller_of(genuine, ENVELOPE, "contact", None)
    assert assertions.caller_of(genuine, replace(ENVELOPE, redelivered=True), "contact", None) == "payments"


@pytest.mark.parametrize(("after", "holds"), [(LIFETIME + CLOCKS_APART - 2, True), (LIFETIME + CLOCKS_APART + 2, False),
                                              (-CLOCKS_APART + 2, True), (-CLOCKS_APART - 2, False)])  # fmt: skip
def test_it_holds_for_half_a_minute_and_what_clocks_are_apart(assertions, genuine, after, holds):
    with time_machine.travel(time.time() + after, tick=False):
        if holds:
            assert assertions.caller_of(genuine, ENVELOPE, "contact", None)
        else:
            with pytest.raises(AssertionRefused, match="quá hạn"):
                assertions.caller_of(genuine, ENVELOPE, "contact", None)


def test_what_was_taken_is_forgotten_once_it_could_not_be_used_again(settings, assertions):
    own, start = signer(settings, "payments"), time.time()
    for number in range(200):
        with time_machine.travel(start + number, tick=False):
            envelope = replace(ENVELOPE, correlation_id=f"c{number}")
            assertions.caller_of(assertion(own, envelope, "identity", "contact", None), envelope, "contact", None)
    assert len(assertions._used) == len(assertions._in_order) <= LIFETIME + 2 * CLOCKS_APART + 1


@pytest.mark.parametrize("kind", ["portal-event+jws", "service-keys+jws"])
def test_a_signature_for_something_else_is_none(settings, assertions, kind):
    other = signer(settings, "payments").sign(kind, b'{"to": "identity.contact"}')
    with pytest.raises(AssertionRefused):
        assertions.caller_of(other, ENVELOPE, "contact", None)
