"""Whether anything was committed to an SQLite database, seen from its files without opening it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url


class CommitMark:
    """``now()`` is another after every commit, whoever made it. ``None``: not to be seen (a server, or memory)."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        place = parsed.database if parsed.get_backend_name() == "sqlite" else None
        has_file = bool(place) and place != ":memory:"
        self._files = (Path(f"{place}-wal"), Path(str(place))) if has_file else ()

    def now(self) -> tuple[tuple[int, int], ...] | None:
        return tuple(_size_and_time(file) for file in self._files) or None


def _size_and_time(file: Path) -> tuple[int, int]:
    try:
        about = file.stat()
    except FileNotFoundError:  # the log goes when the last connection does
        return (0, 0)
    return (about.st_size, about.st_mtime_ns)
