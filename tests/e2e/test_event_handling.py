"""What services hear of each other, where no journey comes by."""

from __future__ import annotations

from tests.support.installation import Installation, eventually


def test_the_catalogue_knows_the_agencies_that_identity_created(installation: Installation) -> None:
    def known() -> dict[str, str]:
        found = installation.call("catalog", "agencies")["items"]
        return {one["code"]: one["province_code"] for one in found if one["code"] == installation.agency}

    assert eventually(known, "the catalogue hears of the agency") == {installation.agency: "01"}
    history = installation.call("catalog", "agency_changes", "auditor", code=installation.agency)["items"]
    assert [one["act"] for one in history] == ["created"]


def test_what_an_agency_offers_is_found_by_its_province(installation: Installation) -> None:
    found = installation.call("catalog", "search", province="01", limit=5, facets=True)
    assert found["items"] and {"value": "01", "count": found["total"], "name": None} in found["facets"]["province"]
    assert installation.call("catalog", "search", province="79")["items"] == []
