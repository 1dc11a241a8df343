"""What services hear of each other, where no journey comes by."""

from __future__ import annotations

from tests.support.installation import Town, eventually


def test_the_catalogue_knows_the_agencies_that_identity_created(town: Town) -> None:
    def known() -> dict[str, str]:
        found = town.call("catalog", "agencies")["items"]
        return {one["code"]: one["province_code"] for one in found if one["code"] == town.agency}

    assert eventually(known, "the catalogue hears of the agency") == {town.agency: "01"}
    history = town.call("catalog", "agency_changes", "auditor", code=town.agency)["items"]
    assert [one["act"] for one in history] == ["created"]


def test_what_an_agency_offers_is_found_by_its_province(town: Town) -> None:
    found = town.call("catalog", "search", province="01", limit=5, facets=True)
    assert found["items"] and {"value": "01", "count": found["total"], "name": None} in found["facets"]["province"]
    assert town.call("catalog", "search", province="79")["items"] == []
