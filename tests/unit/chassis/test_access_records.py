"""What one use of people's data says of itself."""

from infra.chassis.access.access_records import FEES, HANDLING, OVERSIGHT, Accessed, access_members, post_of
from infra.chassis.access.actors import Actor

OFFICIAL = Actor("o", agencies={"H01": frozenset({"accountant"}), "H02": frozenset({"approver", "accountant"})})


def test_somebody_is_at_work_where_the_data_is_if_they_hold_a_post_there():
    assert post_of(OFFICIAL, "H02") == ("approver", "H02")
    assert post_of(OFFICIAL, "H09") == ("accountant", "H01")
    assert post_of(Actor.system("payments")) == ("service", None)
    assert post_of(Actor("c", roles=frozenset({"citizen"}))) == (None, None)


def test_the_law_follows_from_the_role_unless_a_door_names_another():
    def basis(by, **other):
        return access_members(by, [Accessed("s")], purpose="p", **other)["legal_basis"]

    assert basis(OFFICIAL, agency_code="H01") == FEES
    assert basis(OFFICIAL, agency_code="H02") == HANDLING
    assert basis(Actor("a", roles=frozenset({"auditor"}))) == OVERSIGHT
    assert basis(OFFICIAL, legal_basis="Luật Thanh tra") == "Luật Thanh tra"
