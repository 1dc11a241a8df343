"""The spine is the same in every service: who has read one finds the same files and names in the next."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SERVICES = Path(__file__).resolve().parents[2] / "services"
NAMES = ("applications", "catalog", "identity", "notifications", "payments")
FILES = {
    "README.md",
    "contract.json",
    "errors.py",
    "follower.py",
    "migrations",
    "models.py",
    "personal_data.py",
    "service.py",
}
WITH_TOOLS = {"applications", "catalog", "identity"}  # what the command line uses in its own process
OWN_CALLER = {"identity"}  # it has the keys the others fetch

PENDING: set[str] = set()


def module_of(service: str, file: str = "service.py") -> ast.Module:
    return ast.parse((SERVICES / service / file).read_text())


def service_class(service: str) -> ast.ClassDef:
    [rows] = [
        node
        for node in module_of(service).body
        if isinstance(node, ast.ClassDef) and node.name == f"{service.capitalize()}Service"
    ]
    return rows


def attributes(service: str) -> dict[str, ast.Call]:
    """The names assigned in the class body that are calls: injected dependencies."""
    return {
        target.id: node.value
        for node in service_class(service).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def provided(service: str) -> dict[str, str]:
    """Attribute -> class of every ``Provided``."""
    entries = {
        name: call.args[0].id
        for name, call in attributes(service).items()
        if ast.unparse(call.func).split(".")[-1] == "Provided" and isinstance(call.args[0], ast.Name)
    }
    assert len(entries) > 5, "the guard sees the use cases"
    return entries


def modules_of_classes(service: str) -> dict[str, str]:
    """Imported class -> the last part of its module's name."""
    return {
        alias.name: (node.module or "").split(".")[-1]
        for node in module_of(service).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def misnamed(service: str) -> set[str]:
    modules = modules_of_classes(service)
    return {
        f"{service}.{attribute}"
        for attribute, cls in provided(service).items()
        if attribute not in {snake_case(cls), modules.get(cls)}
    }


def test_the_services_are_those() -> None:
    assert {folder.name for folder in SERVICES.iterdir() if (folder / "service.py").exists()} == set(NAMES)


@pytest.mark.parametrize("service", NAMES)
def test_every_service_has_the_same_files(service: str) -> None:
    there = {path.name for path in (SERVICES / service).iterdir()}
    expected = FILES | ({"tools.py"} if service in WITH_TOOLS else set())
    asks_neighbours = "clients" in (SERVICES / service / "service.py").read_text().split("class ")[0].split()
    assert expected | ({"clients.py"} if asks_neighbours else set()) <= there


@pytest.mark.parametrize("service", NAMES)
def test_use_cases_are_attributes_named_after_their_class_or_module(service: str) -> None:
    assert misnamed(service) - PENDING == set()


def test_no_exception_is_kept_that_is_not_needed() -> None:
    assert set().union(*(misnamed(service) for service in NAMES)) >= PENDING


@pytest.mark.parametrize("service", NAMES)
def test_the_caller_comes_from_the_chassis(service: str) -> None:
    assert ("caller" in attributes(service)) == (service in OWN_CALLER)


@pytest.mark.parametrize("service", NAMES)
def test_json_is_the_chassis_alias_in_every_service(service: str) -> None:
    assert modules_of_classes(service)["Json"] == "json_types"


@pytest.mark.parametrize("service", NAMES)
def test_what_is_about_a_person_is_in_one_class(service: str) -> None:
    classes = {node.name for node in module_of(service, "personal_data.py").body if isinstance(node, ast.ClassDef)}
    assert "PersonalData" in classes
