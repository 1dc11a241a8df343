"""The catalogue, the places and the people."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence

from infra.chassis.json_types import Json
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import JourneyFailed, require


def catalogue(journey: Journey) -> None:
    public = journey.portal.as_()
    with journey.step("catalog", "danh mục thủ tục mẫu đã công bố", "sample procedures published") as facts:
        items = journey.all_pages(public.catalog.search)
        levels, fields = {item["level"] for item in items}, {item["field"]["code"] for item in items}
        facts.update(procedures=len(items), fields=len(fields), levels=sorted(levels))
        require(
            len(items) >= 40 and len(fields) >= 8 and levels == {1, 2, 3, 4},
            "40 procedures of 8 fields and all four levels",
        )
    with journey.step(
        "catalog", "34 tỉnh, thành phố; 63 trước 01/07/2025", "34 provinces; 63 before 1 July 2025"
    ) as facts:
        facts.update(
            now=len(public.catalog.provinces()["items"]),
            before=len(public.catalog.provinces(at="2024-01-01")["items"]),
        )
        require((facts["now"], facts["before"]) == (34, 63), "34 provinces now and 63 before the merger")
    with journey.step("identity", "cơ quan, cán bộ", "agencies and officials") as facts:
        facts.update(agencies=len(public.identity.agencies()["items"]), officials=len(journey.world["officials"]))
        require(facts["agencies"] >= 2, "agencies are there")


def people(journey: Journey) -> None:
    public = journey.portal.as_()
    usernames = {account["username"] for account in [*journey.world["officials"].values(), *journey.world["citizens"]]}
    register = [
        person for person in public.identity.sample_people()["items"] if person["citizen_number"] not in usernames
    ]
    with journey.step(
        "identity",
        "công dân đăng ký tài khoản, đối chiếu cơ sở dữ liệu dân cư",
        "a citizen registers, checked against the population register",
    ) as facts:
        facts.update(_register(journey, register))
    for role in ("intake_officer", "case_officer", "approver", "auditor"):
        official = journey.world["officials"][role]
        with journey.step("identity", f"đăng nhập: {role}", "sign in"):
            journey.tokens[role] = journey.portal.sign_in(official["username"], official["password"])
    with journey.step("identity", "đăng nhập: công dân", "sign in: citizen") as facts:
        journey.tokens["citizen"] = journey.portal.sign_in(
            journey.citizen["citizen_number"], journey.citizen["password"]
        )
        me = journey.who("citizen").identity.whoami()
        facts.update(name=me["full_name"], roles=me["roles"])
        require(me["roles"] == ["citizen"], "a citizen is a citizen and nothing else")


def _register(journey: Journey, register: Sequence[Mapping[str, object]]) -> Json:
    from nameko.exceptions import RemoteError

    for person in register:
        journey.citizen = {
            **{key: person[key] for key in ("citizen_number", "full_name", "birth_date")},
            "phone": "+84912345678",
            "email": f"cong-dan-{uuid.uuid4().hex[:8]}@example.vn",
            "password": secrets.token_urlsafe(12),
        }
        try:
            account = journey.portal.as_().identity.register_citizen(**journey.citizen)
        except RemoteError as refused:
            if refused.exc_type == "AccountAlreadyExists":
                continue
            raise
        return {"account_id": account["account_id"], "name": person["full_name"]}
    raise JourneyFailed("somebody of the sample register has no account yet")
