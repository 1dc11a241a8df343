"""One name for one thing: no public name twice, and none that is a bare participle of everyday talk.

The exceptions below may only shrink: an entry that the code no longer needs fails, too. Public names of tests and of
the verifier that auditors run alone (one file, sharing nothing by design) may appear twice; migrations are not read.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALONE = "services/applications/verification/verifier.py"

# The words that say nothing of what a thing is: "told" was an event, a payload, an error text and a redaction.
WORDS = "told said shown kept asked found gone given held known wanted lived taken heard seen brought written whole"
BARE_WORDS = frozenset(WORDS.split())

# Nor may a local, a parameter or an attribute be called by one of them, or by one of these.
BOUND_WORDS = BARE_WORDS | {"one", "look", "beside"}

# Where a bound name has to stay, and why.
BOUND_ANYWAY = {
    "services/applications/domain/imported_history.py said": "a field of a stored event",
    "services/applications/verification/verifier.py found": "a field of the verdict that auditors' programs read",
}

# The spine: what is in every service under the same name, so that one service read is five known.
SPINE = {
    "PersonalData": "what of a service is about a person",
    "duties": "a follower's list of what it does",
    "catalog": "the neighbour, as a client sees it",
    "identity": "the neighbour, as a client sees it",
    "main": "what a module run as a program does",
    "Table": "the declarative root of a service's tables",
}

# Public names that appear twice, and what each is.
TWICE: dict[str, str] = {
    "Agency": "a table of catalog and one of identity: each service's own",
    "iso": "an instant as text, in the domain and in what readers get",
}


def definitions() -> Iterator[tuple[str, str, bool]]:
    """Every module-level definition of the product: its file, its name, and whether it is a class or a function."""
    for file in sorted([*ROOT.glob("services/**/*.py"), *ROOT.glob("infra/**/*.py")]):
        name = file.relative_to(ROOT).as_posix()
        if "/migrations/" in name or name == ALONE:
            continue
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                if any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list):
                    continue  # what follows is the definition
                yield name, node.name, True
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from ((name, target.id, False) for target in targets if isinstance(target, ast.Name))


def is_counted(file: str, name: str) -> bool:
    """Public, in a service or the chassis, and no refusal: a refusal's class is its name on the wire."""
    return (
        not name.startswith("_")
        and file.startswith(("services/", "infra/chassis/"))
        and not file.endswith(("/errors.py", "/refusals.py"))
        and name not in SPINE
    )


def public_names_that_stand_twice() -> dict[str, list[str]]:
    files = defaultdict(list)
    for file, name, is_code in definitions():
        if is_code and is_counted(file, name):
            files[name].append(file)
    assert len(files) > 500, "the guard sees the code"
    return {name: places for name, places in files.items() if len(places) > 1}


def bare_words() -> set[str]:
    return {f"{file} {name}" for file, name, _ in definitions() if name.strip("_").lower() in BARE_WORDS}


def bound_names() -> Iterator[tuple[str, str]]:
    """Every name bound anywhere, in the verifier and in tests, too: its file, and the name."""
    for file in sorted(file for folder in ("services", "infra", "tests") for file in ROOT.glob(f"{folder}/**/*.py")):
        path = file.relative_to(ROOT).as_posix()
        if "/migrations/versions/" not in path:
            yield from ((path, name) for node in ast.walk(ast.parse(file.read_text())) for name in bound_by(node))


def bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
            yield name
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.alias(asname=str(name)):
            yield name


@cache
def bound_words() -> set[str]:
    names = list(bound_names())
    assert len(names) > 20_000, "the guard sees the code"
    return {f"{file} {name}" for file, name in names if name.strip("_").lower() in BOUND_WORDS}


def test_no_name_anywhere_is_a_bare_word() -> None:
    bare = bound_words() - {*BOUND_ANYWAY}
    assert not bare, f"call it after what it is, payment, row, line …: {sorted(bare)}"


def test_no_public_name_stands_twice_across_services_and_chassis() -> None:
    twice = {name: places for name, places in public_names_that_stand_twice().items() if name not in TWICE}
    assert not twice, f"one name for one thing: {twice}"


def test_no_definition_is_a_bare_word() -> None:
    assert not bare_words(), "say what the thing is: event_data, as_json, recorded_answer …"


def test_the_exceptions_only_shrink() -> None:
    needless = ({*TWICE} - {*public_names_that_stand_twice()}) | ({*BOUND_ANYWAY} - bound_words())
    assert not needless, f"take these out of the exceptions: {sorted(needless)}"
