"""Who schemathesis signs in as, and two checks of our own: every case is sent by one of the sample people.

Loaded by ``SCHEMATHESIS_HOOKS``.
``PORTAL_PEOPLE`` is what ``portal start --json`` said of people, ``PORTAL_URL`` its address.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import requests
import schemathesis

from infra.chassis.contracts import SENTENCES
from infra.front_door.errors import all_refusals

WAITS = {"ReadModelBehind", "NotSealedYet", "NothingSealed"}  # what was written a moment ago is not there yet
OF_A_SCHEMA = tuple(sentence.partition("{")[0] for pair in SENTENCES.values() for sentence in pair)
PEOPLE = json.loads(os.environ["PORTAL_PEOPLE"])
ACCOUNTS = [*PEOPLE["citizens"], *PEOPLE["officials"].values()]


def account_of(case: Any, _context: Any) -> str:
    """One of the people for each case, the same whenever it is sent."""
    sent = repr((case.operation.label, case.path_parameters, case.query, case.body))
    return str(zlib.crc32(sent.encode("utf-8", "replace")) % len(ACCOUNTS))


@schemathesis.auth(cache_by_key=account_of, refresh_interval=240)
class SamplePeople:
    """Signs in again when a case has signed its person out."""

    def get(self, case: Any, context: Any) -> str:
        account = ACCOUNTS[int(account_of(case, context))]
        credentials = {"username": account["username"], "password": account["password"]}
        answer = requests.post(f"{os.environ['PORTAL_URL']}/sessions", json=credentials, timeout=30)
        return str(answer.json().get("access_token", ""))

    def set(self, case: Any, data: str, _context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.check
def a_server_error_only_asks_to_wait(_ctx: Any, response: Any, _case: Any) -> None:
    if response.status_code >= 500:
        assert response.json()["name"] in WAITS, response.text[:500]
        assert int(response.headers["retry-after"][0]) > 0


@schemathesis.check
def what_the_document_allows_is_well_formed(_ctx: Any, response: Any, case: Any) -> None:
    """Whether what was made by the schema is refused by schema, or by the front door itself: it says too little."""
    if response.status_code != 400 or not case.meta.generation.mode.is_positive:
        return
    if {"null", None} & {*(case.path_parameters or {}).values()}:
        return  # taken from an answer whose member may be null
    problem = response.json()
    assert problem["name"] not in all_refusals(), response.text[:500]
    if problem["name"] != "InvalidRequest":
        return  # what a form of the catalogue asks for the document does not say
    for detail in (error["detail"] for error in problem.get("errors", [])):
        assert not detail.startswith(OF_A_SCHEMA), response.text[:500]


@schemathesis.hook
def before_call(_context: Any, case: Any, **_how: Any) -> None:
    """The phase of coverage writes the least ETag without its quotation marks."""
    if (case.headers or {}).get("If-Match") == "0":
        case.headers["If-Match"] = '"1"'
