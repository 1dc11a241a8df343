"""The spine is the same in every service: who has read one finds the same files and names in the next."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from infra.chassis.settings import SERVICES as NAMES

SERVICES = Path(__file__).resolve().parents[2] / "services"
FILES = {
    "README.md",
    "contract.json",
    "errors.py",
    "follower.py",
    "migrations",
    "personal_data.py",
}
PACKAGES = ("models", "service")  # one file each, or a package of the name where one file would be too long
WITH_TOOLS = {"applications", "catalog", "identity", "interchange"}  # what the command line uses in its own process
OWN_CALLER = {"identity"}  # it has the keys the others fetch

PENDING: set[str] = set()


def files_of(service: str, name: str) -> list[Path]:
    """A module's file, or those of the package that stands in its place: its ``__init__.py`` first."""
    folder = SERVICES / service
    return [folder / f"{name}.py"] if (folder / f"{name}.py").exists() else sorted((folder / name).glob("*.py"))


def modules_of(service: str, name: str = "service") -> list[ast.Module]:
    return [ast.parse(path.read_text()) for path in files_of(service, name)]


def door_classes(service: str) -> list[ast.ClassDef]:
    """The service's class, and those it is put together from."""
    classes = [node for module in modules_of(service) for node in module.body if isinstance(node, ast.ClassDef)]
    assert f"{service.capitalize()}Service" in {node.name for node in classes}
    return classes


def attributes(service: str) -> dict[str, ast.Call]:
    """The names assigned in the class bodies that are calls: injected dependencies."""
    rows: dict[str, ast.Call] = {}
    for node in (part for cls in door_classes(service) for part in cls.body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                assert isinstance(target, ast.Name)
                first = rows.setdefault(target.id, node.value)
                assert ast.unparse(first) == ast.unparse(node.value), f"{service}.{target.id} is two things"
    return rows


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
        for module in modules_of(service)
        for node in module.body
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
    assert {folder.name for folder in SERVICES.iterdir() if files_of(folder.name, "service")} == set(NAMES)


@pytest.mark.parametrize("service", NAMES)
def test_every_service_has_the_same_files(service: str) -> None:
    there = {path.name for path in (SERVICES / service).iterdir()}
    expected = FILES | ({"tools.py"} if service in WITH_TOOLS else set())
    sources = [path.read_text() for path in files_of(service, "service")]
    asks_neighbours = any("clients" in source.split("class ")[0].split() for source in sources)
    assert expected | ({"clients.py"} if asks_neighbours else set()) <= there
    for name in PACKAGES:
        assert files_of(service, name)[0].name in {f"{name}.py", "__init__.py"}
        assert not {name, f"{name}.py"} <= there


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
    classes = {
        node.name
        for module in modules_of(service, "personal_data")
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }
    assert "PersonalData" in classes
