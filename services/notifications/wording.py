"""The template language of texts: substitution only, with Vietnamese dates and money.

Templates are written by operators and run inside the service, so they get a whitelist of syntax: no
calls, no arithmetic, no assignment, no nested loops. What is left cannot reach out and cannot grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import cast

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, get_currency_precision
from jinja2 import StrictUndefined, Template, TemplateError, TemplateRuntimeError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from infra.chassis.clock import OFFICE_ZONE
from infra.chassis.json_types import Money

ALLOWED_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const,
    nodes.Filter, nodes.Test, nodes.If, nodes.For, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare,
    nodes.Operand,
)  # fmt: skip


class WordingProblem(Exception):
    """A template that does more than substitute, or is not well-formed."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.problem = line, problem


class FactMissing(Exception):
    """A fact the template names is missing."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class FactUnfit(Exception):
    """A fact is there but does not fit its filter: no date for ``moment``, nothing to go through for ``for``."""


class _Missing(StrictUndefined):
    def __init__(
        self, hint: str | None = None, obj: object = missing, name: str | None = None, exc: object = None
    ) -> None:
        super().__init__(
            hint, obj, name, exc=cast("type[TemplateRuntimeError]", lambda _text: FactMissing(name or "?"))
        )


def money_text(amount: Money, language: str) -> str:
    """``135.000 ₫``: minor units as the language writes money."""
    units = amount["amount"] / 10 ** get_currency_precision(amount["currency"])
    return str(format_currency(units, amount["currency"], locale=_locale(language)))


def moment_text(value: str, language: str) -> str:
    """``16:30 ngày 25/11/2026``: an ISO instant as office time."""
    local = datetime.fromisoformat(str(value)).astimezone(OFFICE_ZONE)
    pattern = "HH:mm 'ngày' dd/MM/yyyy" if language == "vi" else "HH:mm, d MMMM yyyy"
    return str(format_datetime(local, pattern, locale=_locale(language)))


def day_text(value: str, language: str) -> str:
    """``25/11/2026``: an ISO date, or the office day of an ISO instant."""
    text = str(value)
    on = datetime.fromisoformat(text).astimezone(OFFICE_ZONE).date() if "T" in text else date.fromisoformat(text)
    return str(format_date(on, "dd/MM/yyyy" if language == "vi" else "d MMMM yyyy", locale=_locale(language)))


def check_template(source: str) -> None:
    """Refuse (``WordingProblem``) a template that is not well-formed or does more than substitute."""
    environment = _environment("vi")
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise WordingProblem(error.lineno, error.message or "syntax") from error
    for node in _below(tree):
        _check_node(node, environment)


def render(source: str, language: str, facts: Mapping[str, object]) -> str:
    """``source`` rendered with ``facts``; raises ``FactMissing`` or ``FactUnfit``."""
    template = _compiled(source, language)
    try:
        return str(template.render(facts)).replace("\0", "").strip()  # PostgreSQL keeps no NUL
    except (TypeError, ValueError, LookupError, ArithmeticError, TemplateError) as error:
        raise FactUnfit(f"{type(error).__name__}: {error}") from error


def _check_node(node: nodes.Node, environment: ImmutableSandboxedEnvironment) -> None:
    if not isinstance(node, ALLOWED_NODES):
        raise WordingProblem(node.lineno, type(node).__name__)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise WordingProblem(node.lineno, node.attr)
    if isinstance(node, nodes.Filter) and node.name not in environment.filters:
        raise WordingProblem(node.lineno, f"filter {node.name}")
    if isinstance(node, nodes.Test) and node.name not in environment.tests:
        raise WordingProblem(node.lineno, f"test {node.name}")
    if isinstance(node, nodes.For) and (any(node.find_all(nodes.For)) or not isinstance(node.iter, nodes.Name)):
        raise WordingProblem(node.lineno, "for")


def _below(node: nodes.Node) -> list[nodes.Node]:
    return [node, *(deeper for child in node.iter_child_nodes() for deeper in _below(child))]


@lru_cache(maxsize=2)
def _environment(language: str) -> ImmutableSandboxedEnvironment:
    # Texts are plain, so nothing is escaped here; whoever puts one into HTML escapes it there.
    environment = ImmutableSandboxedEnvironment(undefined=_Missing, trim_blocks=True, lstrip_blocks=True)
    environment.globals.clear()
    environment.tests = {"defined": environment.tests["defined"], "none": environment.tests["none"]}
    environment.filters = {
        "money": lambda value: money_text(value, language),
        "moment": lambda value: moment_text(value, language),
        "day": lambda value: day_text(value, language),
    }
    return environment


@lru_cache(maxsize=1024)
def _compiled(source: str, language: str) -> Template:
    check_template(source)
    return _environment(language).from_string(source)


def _locale(language: str) -> str:
    return "vi_VN" if language == "vi" else "en_GB"
