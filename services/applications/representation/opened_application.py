"""An application with everything next to its stream opened: the one shape that readers, auditors and evidence share.

Where the contents come from (the tables next to the streams, or the openings of an evidence file) makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, overload

from infra.chassis.json_types import Json
from services.applications.domain.application import Application
from services.applications.representation.application import application_as_json

Sealed = Mapping[str, str]


class Contents(Protocol):
    """What is stored next to one application's stream; None for what was erased, or is not at hand."""

    @property
    def applicant_name(self) -> str | None: ...
    def statement(self, sealed: Sealed) -> str | None: ...
    def answers(self, sealed: Sealed) -> Mapping[str, object] | None: ...
    def paper(self, paper_id: str, commitment: str) -> Json | None:
        """``{"facts", "sha256"}``."""
        ...


def opened_application(application: Application, contents: Contents, *, words: bool = True) -> Json:
    """Everything the events of an application record, with answers, papers, statements and the applicant's name.

    Without ``words`` every statement stays closed (None).
    """
    return opened(application_as_json(application), contents, words=words)


def opened(view: Json, contents: Contents, *, statements: bool = True, words: bool = True) -> Json:
    """A plain representation with its seals opened; ``statements``: whether there are any, as far as is known."""
    answers, result = view["answers"], (view["decision"] or {}).get("result")
    view["answers"] = contents.answers(answers) if answers else None
    view["applicant_name"] = contents.applicant_name
    view["attachments"] = [
        paper | _paper_facts(contents.paper(paper["attachment_id"], paper["commitment"]))
        for paper in view["attachments"]
    ]
    if result:
        facts = _paper_facts(contents.paper(result["result_id"], result["commitment"]))
        view["decision"] = view["decision"] | {"result": result | facts}
    statement = contents.statement if words else _closed
    complete: Json = with_statements(view, statement) if statements else view
    return complete


def _closed(_sealed: Sealed) -> None:
    """A statement that is not this reader's."""


@overload
def with_statements(value: Json, statement: Callable[[Sealed], str | None]) -> Json: ...
@overload
def with_statements(value: object, statement: Callable[[Sealed], str | None]) -> object: ...
def with_statements(value: object, statement: Callable[[Sealed], str | None]) -> object:
    """``value`` with every sealed statement replaced by its words (None when erased)."""
    if isinstance(value, Mapping):
        if set(value) == {"statement_id", "commitment"}:
            return statement(value)
        return {key: with_statements(part, statement) for key, part in value.items()}
    return [with_statements(part, statement) for part in value] if isinstance(value, list | tuple) else value


def _paper_facts(paper: Json | None) -> Json:
    return {**paper["facts"], "sha256": paper["sha256"]} if paper else {"file_name": None, "sha256": None}
