"""A procedure's definition as it is published (``contract.json``, ``definition``), with every key present."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from infra.chassis.json_types import Json
from infra.fees.shapes import Priced, Text
from infra.working_time.records import PromiseRecord


class Authority(TypedDict):
    """Who decides."""

    name: Text
    level: str
    agency_codes: NotRequired[list[str] | None]
    province_codes: NotRequired[list[str] | None]


class Requirement(TypedDict):
    """A paper to be handed in."""

    id: str
    name: Text
    original: int
    copy: int
    electronic: int
    required: bool
    condition: str | None
    form_url: str | None
    register: str | None


class ResultPaper(TypedDict):
    """What comes of it."""

    name: Text
    code: NotRequired[str | None]


class Step(TypedDict):
    """A step of the office."""

    name: Text


class Definition(Priced):
    """A version of a procedure."""

    title: Text
    level: int
    field: dict[str, str]
    audience: list[str]
    authority: Authority
    legal_maximum: PromiseRecord | None
    requirements: list[Requirement]
    form: Json | None
    results: list[ResultPaper]
    legal_basis: list[Json]
    limits: dict[str, int | None]
    may_pause: bool
    may_extend: bool
    steps: list[Step]
    agency_levels: dict[str, int]
    source: Json
