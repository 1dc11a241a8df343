"""``portal run`` is read plainly where it is plain; where there is something to explain, by the library of commands."""

import pytest

from infra.cli.serving import Run, plainly_typed


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        (["run"], Run([], follower=False)),
        (["run", "catalog"], Run(["catalog"], follower=False)),
        (["run", "--follower", "catalog", "identity"], Run(["catalog", "identity"], follower=True)),
        (["run", "catalog", "--follower"], Run(["catalog"], follower=True)),
        (["run", "front-door"], Run(["front-door"], follower=False)),
    ],
)
def test_names_of_services_and_the_follower_are_plain(typed, run):
    assert plainly_typed(typed) == run


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["migrate"],
        ["run", "--help"],
        ["--help", "run"],
        ["run", "treasury"],
        ["run", "--no-follower"],
        ["run", "--", "catalog"],
        ["run", "catalog", "front-door"],
    ],
)
def test_whatever_else_is_typed_is_left_to_the_library(typed):
    assert plainly_typed(typed) is None
