"""Texts are UTF-8 whatever the locale; what must be found whole is written elsewhere, then moved into its place."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = [path for top in ("services", "infra") for path in sorted((ROOT / top).rglob("*.py"))]
PARSED = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
TEXT = {"read_text", "write_text", "open", "fdopen"}
# What a person asked for into a file of their own; a second run writes it again.
OUTPUTS = {"infra/cli/audit_commands.py"}


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    rows = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in names:
                rows.append(node)
    return rows


def names_its_encoding(call: ast.Call) -> bool:
    if any(word.arg == "encoding" for word in call.keywords):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id  # type: ignore[attr-defined]
    if name in ("read_text", "write_text"):
        return False
    modes = [
        argument.value
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    modes += [str(w.value.value) for w in call.keywords if w.arg == "mode" and isinstance(w.value, ast.Constant)]
    if isinstance(call.func, ast.Attribute) and not call.args and not call.keywords:
        return True  # something else that is opened: a session, a connection
    return not any(set(mode) <= set("rwaxt+") for mode in modes)


def lines_of(tree: ast.AST, *names: str) -> list[int]:
    return [call.lineno for call in calls(tree, *names)]


def test_pipes_of_text_are_read_in_utf_8():
    without = {}
    for path, tree in PARSED.items():
        started = [c for c in calls(tree, "run", "Popen") if any(word.arg == "text" for word in c.keywords)]
        if lines := [call.lineno for call in started if not names_its_encoding(call)]:
            without[path] = lines
    assert without == {}


def test_text_files_are_opened_in_utf_8():
    without = {
        path: lines
        for path, tree in PARSED.items()
        if (lines := [call.lineno for call in calls(tree, *TEXT) if not names_its_encoding(call)])
    }
    assert without == {}
    assert len(PARSED) > 250


def test_files_are_replaced_as_a_whole():
    writing = {path: lines for path, tree in PARSED.items() if (lines := lines_of(tree, "write_text", "write_bytes"))}
    assert set(writing) == OUTPUTS
