"""A procedure's form schema as questions, one to a page, and what was typed as the answers the schema asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.chassis.json_types import Json
from infra.chassis.text.numbers import whole_number
from infra.front_door.pages.forms import Form


@dataclass(frozen=True, slots=True)
class Question:
    """One property of the form. ``kind`` is the field that asks it."""

    name: str
    label: object
    kind: str
    required: bool
    options: tuple[tuple[str, object], ...] = ()
    longest: int | None = None
    example: str = ""

    def typed(self, form: Form) -> object:
        """The answer as the schema has it; what cannot be read as a number goes as it is, for the door to refuse."""
        text = form.date(self.name) if self.kind == "date" else form.text(self.name)
        if self.kind == "number":
            number = whole_number(text)
            return text if number is None else number
        if self.kind == "yes_no":
            return text == "yes" if text else ""
        return text


def questions_of(procedure: Json) -> list[Question]:
    """Every question, in the order of the form."""
    schema = procedure.get("form") or {}
    required = set(schema.get("required", []))
    return [_question(name, part, name in required) for name, part in (schema.get("properties") or {}).items()]


def _question(name: str, part: Json, required: bool) -> Question:
    options = tuple((str(value), part.get("x-options", {}).get(value, str(value))) for value in part.get("enum", []))
    longest = part.get("maxLength")
    examples = part.get("examples") or [""]
    label = part.get("x-label") or part.get("title") or name
    return Question(name, label, _kind(part, options, longest), required, options, longest, str(examples[0]))


def _kind(part: Mapping[str, object], options: tuple[object, ...], longest: int | None) -> str:
    if options:
        return "choice"
    if part.get("type") == "boolean":
        return "yes_no"
    if part.get("type") in ("integer", "number"):
        return "number"
    if part.get("format") == "date":
        return "date"
    return "long" if (longest or 0) > 300 else "text"


def answered(question: Question, answers: Mapping[str, object] | None) -> bool:
    return bool(answers) and answers is not None and answers.get(question.name) not in (None, "")


def shown_answer(question: Question, value: object, language: str, yes_no: tuple[str, str]) -> object:
    """An answer for reading: an option by its name, yes and no in words."""
    if question.kind == "choice":
        names = dict(question.options)
        name = names.get(str(value), value)
        return name.get(language) or name.get("vi") if isinstance(name, Mapping) else name
    if question.kind == "yes_no":
        return yes_no[0] if value else yes_no[1]
    return value
