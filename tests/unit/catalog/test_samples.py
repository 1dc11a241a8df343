"""The sample catalogue: enough of everything, sound, and found by those who look for it."""

from __future__ import annotations

import jsonschema_rs
import pytest

from infra.chassis.contracts import Schema, contract_of
from services.catalog import definitions, sample_catalogue

SAMPLES = sample_catalogue.definitions("H01.01")


RULES = {fee["rule"]["type"] for sample in SAMPLES for fee in sample["fees"]}


def test_there_are_enough_procedures_fields_and_levels() -> None:
    assert len(SAMPLES) >= 44
    assert len({sample["field"]["code"] for sample in SAMPLES}) >= 9
    assert {sample["level"] for sample in SAMPLES} == {1, 2, 3, 4}


def test_every_kind_of_fee_and_time_is_among_them() -> None:
    assert {"free", "fixed", "per_item", "tiered", "choice"} <= RULES
    times = {offer["processing_time"]["unit"] for sample in SAMPLES for offer in sample["channels"].values()}
    assert times == {"working_hours", "working_days", "calendar_days", "months", "not_stated"}
    assert {fee["collected_at"] for sample in SAMPLES for fee in sample["fees"]} == {"intake", "supplement", "result"}


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["code"] for sample in SAMPLES])
def test_a_sample_fits_the_contract_and_makes_sense(sample):
    contract = contract_of("catalog")
    assert Schema({"$ref": "#/definitions/procedure"}, contract.definitions).problems(sample) == []
    definitions.check_definition(definitions.complete(sample))


@pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if sample["level"] >= 3], ids=lambda entry: entry["code"]
)
def test_a_procedure_that_is_filed_online_has_a_form_with_labels_and_an_example_that_fits(sample):
    form = sample["form"]
    example = {name: field["examples"][0] for name, field in form["properties"].items()}
    jsonschema_rs.validator_for(form, validate_formats=True).validate(example)
    assert all(field["x-label"]["vi"] and field["x-label"]["en"] for field in form["properties"].values())


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["code"] for sample in SAMPLES])
def test_everything_shown_is_there_in_both_languages(sample):
    named = [sample["title"], sample["field"], sample["authority"]["name"]]
    named += [entry["name"] for part in ("fees", "requirements", "results", "steps") for entry in sample[part]]
    assert all(name["vi"].strip() and name["en"].strip() for name in named)
