"""A payer is sent back to front ends of the installation and nowhere else."""

import pytest

from infra.chassis.settings import SettingMissing, Settings
from services.payments.errors import ReturnUrlNotAllowed
from services.payments.return_addresses import ReturnAddresses

PRODUCTION = {"AMQP_URI": "amqp://broker", "PORTAL_ENVIRONMENT": "production"}
NAMED = {"PAYMENT_RETURN_ORIGINS": "https://portal.example https://desk.example:8443"}


def addresses(**env: str) -> ReturnAddresses:
    return ReturnAddresses.from_settings(Settings({**PRODUCTION, **env}))


@pytest.mark.parametrize(
    "url", [None, "https://portal.example/back?a=1", "https://PORTAL.example:443/", "https://desk.example:8443/x"]
)
def test_pages_of_the_front_ends_are_taken(url: str | None) -> None:
    addresses(**NAMED).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://portal.example/",
        "https://portal.example.evil.example/",
        "https://portal.example@evil.example/",
        "https://evil.example\\@portal.example/",
        "https://evil.example/https://portal.example",
        "https://desk.example/",
        "https://portal.example:444/",
        "https://portal.example:x/",
        "https://[portal.example/",
        "javascript:alert(1)",
        "https://por\ttal.example/",
        "https:///portal.example",
    ],
)
def test_any_other_place_is_refused_by_name(url: str) -> None:
    with pytest.raises(ReturnUrlNotAllowed):
        addresses(**NAMED).check(url)


def test_without_a_list_production_sends_back_to_its_own_page_alone() -> None:
    own = addresses(VNPAY_RETURN_URL="https://portal.example/paid")
    own.check("https://portal.example/other")
    for place in ("https://evil.example/", "http://localhost/"):
        with pytest.raises(ReturnUrlNotAllowed):
            own.check(place)
    with pytest.raises(ReturnUrlNotAllowed):
        addresses().check("https://portal.example/")


def test_development_sends_back_anywhere_unless_origins_are_named() -> None:
    development = {"PORTAL_ENVIRONMENT": "development"}
    ReturnAddresses.from_settings(Settings(development)).check("http://anywhere.example/")
    with pytest.raises(ReturnUrlNotAllowed):
        ReturnAddresses.from_settings(Settings({**development, **NAMED})).check("http://anywhere.example/")


def test_an_origin_that_is_none_stops_the_process_by_name() -> None:
    with pytest.raises(SettingMissing):
        addresses(PAYMENT_RETURN_ORIGINS="portal.example")
