"""What a value is, its type says. `Any` says nothing and switches the checker off: where one stands, why is here."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ALIAS = "the one alias of JSON (infra/decisions/0036), which is written Any once"
DOMAIN = "JSON of events and contracts, in a domain, which does not know the chassis's alias of it"
LIBRARY = "a library's own signature says no more"
BY_NAME = "what comes of it is found by a name at run time"
STANDALONE = "strangers' JSON and databases, in the one file that auditors carry away; it knows nothing of this project"
EVENTS = "a table of functions, each for events of its own class"

# How many there are in a file, and why. A number only falls; whoever makes it fall writes the lower one down.
STANDING: dict[str, tuple[int, str]] = {
    "infra/chassis/event_store/streams.py": (4, LIBRARY),
    "infra/chassis/json_types.py": (1, ALIAS),
    "infra/chassis/refusals.py": (1, DOMAIN),
    "infra/chassis/running/loader.py": (1, BY_NAME),
    "infra/cli/verifying.py": (1, BY_NAME),
    "services/applications/domain/commitments.py": (1, LIBRARY),
    "services/applications/read_model/projection.py": (2, EVENTS),
    "services/applications/verification/verifier.py": (33, STANDALONE),
    "services/interchange/domain/document_events.py": (1, DOMAIN),
    "services/interchange/domain/dossier_events.py": (3, DOMAIN),
    "services/oversight/domain/fact.py": (1, DOMAIN),
    "services/oversight/domain/folding.py": (3, DOMAIN),
    "services/oversight/domain/forms.py": (3, DOMAIN),
    "services/payments/domain/demands.py": (4, DOMAIN),
}


def uses_of_any(source: str) -> int:
    """How often the name stands in code; not in imports, comments and texts."""
    count, importing = 0, False
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if (
            token.type == tokenize.NAME
            and token.string in {"from", "import"}
            and token.line.lstrip().startswith(token.string)
        ):
            importing = True
        elif token.type == tokenize.NEWLINE:
            importing = False
        elif token.type == tokenize.NAME and token.string == "Any" and not importing:
            count += 1
    return count


def counted() -> Iterator[tuple[str, int]]:
    for file in sorted([*ROOT.glob("services/**/*.py"), *ROOT.glob("infra/**/*.py")]):
        name = file.relative_to(ROOT).as_posix()
        if "/migrations/versions/" in name or name.startswith("infra/front_door/clients/"):
            continue  # published once; checked with the client that it is written for
        if count := uses_of_any(file.read_text(encoding="utf-8")):
            yield name, count


def test_nothing_is_anything_but_where_the_table_says_why() -> None:
    more = {name: count for name, count in counted() if count > STANDING.get(name, (0, ""))[0]}
    assert not more, (
        f"say what it is: a TypedDict, a Protocol, object, Json, a type variable, SQLAlchemy's types: {more}"
    )


def test_the_table_only_shrinks() -> None:
    there = dict(counted())
    lower = {name: there.get(name, 0) for name, (count, _) in STANDING.items() if there.get(name, 0) < count}
    assert not lower, f"there are fewer; write the number down: {lower}"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("from typing import Any\n", 0),
        ("from typing import (\n    Any,\n    Protocol,\n)\n", 0),
        ("# Any\nx = 'Any'\n", 0),
        ("def f(x: Any) -> dict[str, Any]:\n    return x\n", 2),
    ],
)
def test_uses_are_counted_in_code_alone(source: str, count: int) -> None:
    assert uses_of_any(source) == count
