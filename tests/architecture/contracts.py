"""A kind of import-linter contract for rooms of a house: who may not be reached from where, with named exceptions.

import-linter's own ``forbidden`` contract has no exceptions among its sources and is content when a
wildcard matches nothing. A guard that matches nothing guards nothing, so here it is an error.
"""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.domain import fields
from importlinter.domain.contract import ContractCheck
from importlinter.domain.helpers import module_expressions_to_modules
from importlinter.domain.imports import ModuleExpression


class RoomsContract(ForbiddenContract):
    """``rooms`` (without ``except_rooms``) reach none of ``forbidden``; ``direct_only``: by no import of their own."""

    type_name = "rooms"

    rooms = fields.SetField(subfield=fields.ModuleExpressionField())
    except_rooms = fields.SetField(subfield=fields.ModuleExpressionField(), required=False, default=set())
    forbidden = fields.SetField(subfield=fields.ModuleExpressionField())
    direct_only = fields.BooleanField(required=False, default=False)
    source_modules = fields.SetField(subfield=fields.ModuleExpressionField(), required=False)
    forbidden_modules = fields.SetField(subfield=fields.ModuleExpressionField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        inside = self._matching(graph, self.rooms) - self._matching(graph, self.except_rooms)
        if not inside:
            raise ValueError(f"'{self.name}' is left with no module to watch.")
        roots = self.session_options["root_packages"]
        ours = {module for module in self.forbidden if str(module).partition(".")[0] in roots}  # type: ignore[attr-defined]
        self._matching(graph, ours)  # a library may be unused; a room of ours that is not there is a typing error
        self.source_modules = {ModuleExpression(name) for name in inside}  # type: ignore[assignment]
        self.forbidden_modules = self.forbidden
        self.allow_indirect_imports = "true" if self.direct_only else "false"  # type: ignore[assignment]
        return super().check(graph, verbose)

    def _matching(self, graph: ImportGraph, expressions: Any) -> set[str]:
        return {module.name for module in module_expressions_to_modules(graph, expressions, raise_if_unmatched=True)}
