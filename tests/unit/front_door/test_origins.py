"""Origins are written out; nothing stands for any site."""

from __future__ import annotations

import pytest

from infra.front_door.origins import origins_of


def test_origins_are_those_of_the_list() -> None:
    assert origins_of("") == []
    assert origins_of("https://portal.example  http://localhost:3000") == [
        "https://portal.example",
        "http://localhost:3000",
    ]


@pytest.mark.parametrize(
    "text", ["*", "null", "https://*.example", "http://portal.example", "https://portal.example/", "portal.example",
             "https://portal.example, https://b.example", "https://PORTAL.example"]
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        origins_of(text)
