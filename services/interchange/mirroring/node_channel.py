"""The wire to a target in the classic shape: one session until it ends, one call for each kind of record."""

from __future__ import annotations

import json
from collections.abc import Sequence

from infra.chassis.http import NoAnswer, call
from infra.chassis.json_types import Json
from services.interchange.mirroring.targets import Target

WITHIN = 30.0  # seconds for one call
LONGEST = 2_000_000  # bytes of an answer
DONE = {"0", "00"}
THERE = {"3", "-3"}  # "it exists": to be sent as an update
SIGN_IN = {"401", "-401"}
RECEIVED = {"accepted", "unchanged", "held"}


class SessionLost(Exception):
    """The target does not know the session (any more)."""


class NodeChannel:
    """Speaks to one target."""

    def __init__(self, target: Target, within: float = WITHIN) -> None:
        self.target, self._within = target, within
        self._session: str | None = None

    def send(self, service: str, records: Sequence[Json], **parameters: object) -> list[str | None]:
        """What is wrong with each record, in their order; None: taken. ``NoAnswer`` when nobody knows."""
        try:
            return self._judged(service, records, parameters)
        except SessionLost:
            self._session = None
        try:
            return self._judged(service, records, parameters)
        except SessionLost as lost:
            raise NoAnswer("the target refuses its own session") from lost

    def _judged(self, service: str, records: Sequence[Json], parameters: Json) -> list[str | None]:
        body = {"session": self._signed_in(), "madonvi": self.target.unit, "service": service, **parameters}
        answer = self._post("", {**body, "data": list(records)})
        code, words = str(answer.get("error_code")), str(answer.get("message") or "")
        if code in SIGN_IN:
            raise SessionLost
        items = answer.get("items")
        if isinstance(items, list) and len(items) == len(records):
            return [_item_problem(item) for item in items]
        if len(records) == 1 and code in THERE and parameters.get("isUpdating") == "False":
            return self._judged(service, records, {**parameters, "isUpdating": "True"})
        if code not in DONE and len(records) > 1:  # one code for all: which of them it is about is found one by one
            return [self._judged(service, [record], parameters)[0] for record in records]
        return [None if code in DONE else f"{code}: {words}"[:500]] * len(records)

    def _signed_in(self) -> str:
        if self._session is None:
            names = ("username", "password")
            headers = {"dstcode": self.target.credentials["dstcode"]} if "dstcode" in self.target.credentials else {}
            answer = self._post("/login", {name: self.target.credentials[name] for name in names}, headers)
            if not answer.get("session"):
                raise NoAnswer(f"no session: {answer.get('error_code')}: {answer.get('message')}"[:500])
            self._session = str(answer["session"])
        return self._session

    def _post(self, path: str, body: Json, headers: dict[str, str] | None = None) -> Json:
        response = call(
            "POST",
            self.target.url + path,
            body=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
            within=self._within,
            longest=LONGEST,
        )
        try:
            answer = json.loads(response.body)
            if isinstance(answer, dict) and "error_code" in answer:
                return answer
        except ValueError:
            pass
        raise NoAnswer(f"HTTP {response.status}, no answer in the agreed form")


def _item_problem(item: object) -> str | None:
    if not isinstance(item, dict) or item.get("outcome") in RECEIVED:
        return None
    findings = item.get("findings") or [{}]
    return f"{item.get('outcome')}: {findings[0].get('vi', '')}"[:500]
