"""The life cycle as a picture, for operators and readers."""

from services.applications.domain.moves import diagram

__all__ = ["diagram"]
