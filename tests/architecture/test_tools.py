"""Of a service, the command line uses its ``tools.py`` and what it answers over the wire, and nothing else."""

import ast
import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from infra.chassis.settings import SERVICES

ROOT = Path(__file__).parents[2]
PARSED = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "infra" / "cli").rglob("*.py"))}
SERVICE_MODULE = re.compile(rf"services\.({'|'.join(SERVICES)})\b")


def tools_used() -> set[tuple[str, str]]:
    """``(service, name)`` of every call of ``tool``; a service that is not named is any that has such a tool."""
    used = set()
    for tree in PARSED.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tool":
                service, name = node.args
                assert isinstance(name, ast.Constant) and isinstance(name.value, str), (
                    "a tool is named in the text of the program"
                )
                used.add((str(service.value) if isinstance(service, ast.Constant) else "", name.value))
    return used


def modules_with_tools() -> dict[str, ModuleType]:
    return {
        path.parent.name: importlib.import_module(f"services.{path.parent.name}.tools")
        for path in ROOT.glob("services/*/tools.py")
    }


def offered(module: ModuleType) -> list[str]:
    """The names of a service's tools."""
    return sorted(module.PLACES) if hasattr(module, "PLACES") else list(module.__all__)


@pytest.mark.parametrize(("service", "name"), sorted(tools_used()))
def test_every_tool_the_command_line_uses_is_there(service, name):
    tools = modules_with_tools()
    named = [tools[service]] if service else list(tools.values())
    assert any(hasattr(module, name) for module in named)


@pytest.mark.parametrize(
    ("service", "name"),
    [(service, name) for service, module in modules_with_tools().items() for name in offered(module)],
)
def test_every_tool_that_is_offered_is_where_it_is_said_to_be(service, name):
    assert getattr(modules_with_tools()[service], name)


def test_the_command_line_uses_tools():
    assert {service for service, _name in tools_used()} >= {"applications", "identity"}


@pytest.mark.parametrize("path", PARSED, ids=lambda path: path.name)
def test_the_command_line_reaches_nothing_else_of_a_service(path):
    for node in ast.walk(PARSED[path]):
        if isinstance(node, ast.Import):
            assert not any(name.name.startswith("services") for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("services")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SERVICE_MODULE.search(node.value), f"line {node.lineno} names a module of a service"
        elif isinstance(node, ast.Attribute):
            assert node.attr not in {"import_module", "__import__"}, f"line {node.lineno} imports by a name"


@pytest.mark.parametrize("service", sorted(modules_with_tools()))
def test_a_service_offers_no_tool_that_nobody_uses(service):
    module = modules_with_tools()[service]
    used = {name for of, name in tools_used() if of in ("", service)}
    outside_cli = {"new_signing_key"}  # the tests' installations make their own keys
    assert set(offered(module)) <= used | outside_cli
