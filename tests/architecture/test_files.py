"""Texts are UTF-8 whatever the locale; what must be found whole again is written beside and put in its place."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for top in ("services", "infra") for path in sorted((ROOT / top).rglob("*.py"))]
PARSED = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
TEXT = {"read_text", "write_text", "open", "fdopen"}
# What a person asked for into a file of their own; a second run writes it again.
OUTPUTS = {"infra/cli/audit_commands.py"}


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in names:
                found.append(node)
    return found


def names_its_encoding(call: ast.Call) -> bool:
    if any(word.arg == "encoding" for word in call.keywords):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id  # type: ignore[attr-defined]
    if name in ("read_text", "write_text"):
        return False
    modes = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    modes += [w.value.value for w in call.keywords if w.arg == "mode" and isinstance(w.value, ast.Constant)]
    if isinstance(call.func, ast.Attribute) and not call.args and not call.keywords:
        return True  # something else that is opened: a session, a connection
    return not any(set(mode) <= set("rwaxt+") for mode in modes)


@pytest.mark.parametrize("path", PARSED)
def test_text_files_are_opened_in_utf_8(path):
    assert [call.lineno for call in calls(PARSED[path], *TEXT) if not names_its_encoding(call)] == []


@pytest.mark.parametrize("path", PARSED)
def test_pipes_of_text_are_read_in_utf_8(path):
    started = [
        call for call in calls(PARSED[path], "run", "Popen") if any(word.arg == "text" for word in call.keywords)
    ]
    assert [call.lineno for call in started if not names_its_encoding(call)] == []


@pytest.mark.parametrize("path", set(PARSED) - OUTPUTS)
def test_files_are_replaced_as_a_whole(path):
    assert [call.lineno for call in calls(PARSED[path], "write_text", "write_bytes")] == []


@pytest.mark.parametrize("path", OUTPUTS)
def test_every_exception_is_needed(path):
    assert calls(PARSED[path], "write_text", "write_bytes")
