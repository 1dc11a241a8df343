"""The document of the interface is valid OpenAPI 3.1, by somebody else's reading of the standard."""

from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator

from infra.front_door import openapi


def test_the_document_is_valid() -> None:
    assert [str(error)[:200] for error in OpenAPIV31SpecValidator(openapi.document()).iter_errors()] == []
