"""What services receive from each other, where no journey comes by."""

from __future__ import annotations

from tests.support.installation import Installation, eventually


def test_the_catalogue_knows_the_agencies_that_identity_created(installation: Installation) -> None:
    def listed_agency() -> dict[str, str]:
        agencies = installation.call("catalog", "agencies")["items"]
        return {row["code"]: row["province_code"] for row in agencies if row["code"] == installation.agency}

    assert eventually(listed_agency, "the catalogue hears of the agency") == {installation.agency: "01"}
    history = installation.call("catalog", "agency_changes", "auditor", code=installation.agency)["items"]
    assert [event["act"] for event in history] == ["created"]


def test_what_an_agency_offers_is_found_by_its_province(installation: Installation) -> None:
    result = installation.call("catalog", "search", province="01", limit=5, facets=True)
    assert result["items"] and {"value": "01", "count": result["total"], "name": None} in result["facets"]["province"]
    assert installation.call("catalog", "search", province="79")["items"] == []
