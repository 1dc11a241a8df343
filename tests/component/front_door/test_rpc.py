"""Every call of the contracts over HTTP: answers, problems, and what is refused before anything is read."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.front_door.limits import LARGEST_BODY
from infra.front_door.surface import doors
from tests.support.front_door import FrontDoor

HOST = b"Host: portal\r\n"
ONLINE = "3.000347"  # a procedure that can be filed online
JSON = {"Content-Type": "application/json"}


def test_a_public_call_is_answered(door: FrontDoor) -> None:
    answer = door.rpc("catalog", "search", text="doi giay phep lai xe", limit=1)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert answer.json()["items"][0]["code"]


def test_every_service_says_how_it_is(door: FrontDoor) -> None:
    for service in ("identity", "catalog", "applications", "payments", "notifications"):
        assert door.rpc(service, "health").json()["status"] == "ok"


def test_a_token_says_who_calls(door: FrontDoor) -> None:
    answer = door.rpc("identity", "whoami", "citizen")
    assert answer.json()["account_id"] == door.person("citizen")["account_id"]


def test_without_a_token_a_guarded_call_is_401_and_with_the_wrong_role_403(door: FrontDoor) -> None:
    nobody = door.rpc("identity", "whoami")
    assert nobody.status_code == 401 and nobody.headers["www-authenticate"].startswith("Bearer")
    assert door.rpc("applications", "events", "citizen").status_code == 403
    assert door.ask("POST", "/rpc/identity/whoami", headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_a_problem_names_the_refusal_in_both_languages_and_points(door: FrontDoor) -> None:
    answer = door.ask("POST", "/rpc/catalog/procedure", json={"code": 5}, headers={"Accept-Language": "en"})
    problem = answer.json()
    assert answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"
    assert problem["name"] == "InvalidRequest" and problem["errors"][0]["pointer"] == "#/code"
    assert problem["detail"] == problem["messages"]["en"] != problem["messages"]["vi"]
    assert problem["instance"] == f"urn:uuid:{answer.headers['portal-call-id']}"
    again = door.rpc("catalog", "procedure", code="9.999999")
    assert again.status_code == 404 and again.json()["detail"] == again.json()["messages"]["vi"]


def test_a_command_under_an_idempotency_key_has_one_effect(door: FrontDoor) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    arguments = {"procedure_code": ONLINE, "channel": "online"}
    first = door.ask("POST", "/rpc/applications/start", "citizen", json=arguments, headers=key)
    again = door.ask("POST", "/rpc/applications/start", "citizen", json=arguments, headers=key)
    assert first.status_code == again.status_code == 200, first.text
    assert first.json() == again.json()
    other = door.ask(
        "POST", "/rpc/applications/start", "citizen", json={**arguments, "channel": "counter"}, headers=key
    )
    assert other.status_code == 422 and other.json()["name"] == "CommandIdReused"


def test_fifty_times_the_same_command_at_once_has_one_effect_and_one_answer(door: FrontDoor) -> None:
    arguments = {"procedure_code": ONLINE, "channel": "online", "command_id": str(uuid.uuid4())}
    before = len(door.rpc("applications", "mine", "neighbour", limit=500).json()["items"])
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: door.rpc("applications", "start", "neighbour", **arguments), range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    position = answers[0].json()["position"]
    after = door.rpc("applications", "mine", "neighbour", limit=500, min_position=position).json()["items"]
    assert len(after) == before + 1


def test_another_method_is_405_and_says_which_are_allowed(door: FrontDoor) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = door.ask(method, "/rpc/catalog/search")
        assert answer.status_code == 405 and "POST" in answer.headers["allow"], method


@pytest.mark.parametrize(
    "path", ["/rpc/catalog/nothing", "/rpc/nothing/search", "/rpc/identity/contact", "/rpc/catalog/search.evil", "/rpc",
             "/rpc/catalog/%23", "/rpc/catalog/..%2fhealth", "/rpc/catalog/search/"]
)  # fmt: skip
def test_what_is_no_call_is_404_and_nobody_is_asked(door: FrontDoor, path: str) -> None:
    assert door.ask("POST", path, json={}).status_code == 404


def test_only_json_is_taken(door: FrontDoor) -> None:
    answer = door.ask("POST", "/rpc/catalog/search", data="text=a", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415 and answer.headers["accept"] == "application/json"
    for body in (b"{", b"[]", b'{"a": NaN}', b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", b"\xff"):
        assert door.ask("POST", "/rpc/catalog/search", data=body, headers=JSON).status_code == 400


def test_text_that_no_utf_8_can_carry_is_refused_by_name_and_the_service_lives(door: FrontDoor) -> None:
    answer = door.ask("POST", "/rpc/catalog/search", data=b'{"text": "\\ud800"}', headers=JSON)
    assert answer.status_code == 400 and answer.json()["name"] == "InvalidRequest"
    assert door.rpc("catalog", "health").status_code == 200


@pytest.mark.parametrize("kind", ["decimal", "datetime", "nobody knows"])
def test_a_member_that_names_a_type_of_pythons_is_a_member_like_any_other(door: FrontDoor, kind: str) -> None:
    """The broker's library would make an object of it, or leave the caller without an answer."""
    answer = door.rpc("catalog", "search", text={"__type__": kind, "__value__": "1"})
    assert answer.status_code == 400 and answer.json()["name"] == "InvalidRequest"


def test_a_member_that_stands_twice_is_refused(door: FrontDoor) -> None:
    answer = door.ask("POST", "/rpc/catalog/search", data=b'{"text": "a", "text": "b"}', headers=JSON)
    assert answer.status_code == 400 and answer.json()["name"] == "MalformedRequest"


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(door: FrontDoor) -> None:
    head = b"POST /rpc/catalog/search HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    answer = door.raw(head + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1))
    assert answer.startswith(b"HTTP/1.1 413") and b"BodyTooLarge" in answer


def test_a_body_that_does_not_say_how_large_it_is_is_cut_at_the_limit(door: FrontDoor) -> None:
    def endless() -> object:
        for _ in range(LARGEST_BODY // 1_000_000 + 2):
            yield b" " * 1_000_000

    answer = door.ask("POST", "/rpc/catalog/search", data=endless(), headers=JSON)
    assert answer.status_code == 413


def test_too_many_headers_and_too_long_ones_are_refused(door: FrontDoor) -> None:
    many = {f"X-{number}": "1" for number in range(150)}
    assert door.ask("POST", "/rpc/catalog/health", json={}, headers=many).status_code == 431
    assert door.ask("POST", "/rpc/catalog/health?" + "a" * 9000, json={}).status_code == 431
    answer = door.raw(b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))


def test_a_client_that_never_ends_its_headers_is_cut(door: FrontDoor) -> None:
    assert door.raw(b"POST /rpc/catalog/search HTTP/1.1\r\n" + HOST) == b""


def test_a_client_that_never_sends_its_body_is_told_so(door: FrontDoor) -> None:
    head = b"POST /rpc/catalog/search HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    answer = door.raw(head + b'Content-Length: 50\r\n\r\n{"text": ')
    assert answer.startswith(b"HTTP/1.1 408") and b"RequestTooSlow" in answer


def test_the_callers_patience_is_kept(door: FrontDoor) -> None:
    answer = door.ask("POST", "/rpc/catalog/search", json={"text": "a"}, headers={"Portal-Timeout": "0.001"})
    assert answer.status_code == 504 and answer.elapsed.total_seconds() < 2


def test_the_log_has_routes_and_no_personal_data(door: FrontDoor) -> None:
    secret = "Nguyễn Thị Bí Mật"
    door.ask("POST", f"/rpc/catalog/search?name={secret}", json={"text": secret})
    door.ask("GET", f"/nothing/{secret}")
    token = door.bearer("citizen")["Authorization"]
    log = door.log.read_text()
    lines = [line for line in door.logged() if line["event"] == "request"]
    assert {"/rpc/catalog/search", "other"} <= {line["route"] for line in lines}
    assert secret not in log and json.dumps(secret) not in log and token.removeprefix("Bearer ") not in log
    assert door.person("citizen")["citizen_number"] not in "".join(json.dumps(line) for line in lines)


def test_answers_have_the_headers_that_browsers_heed(door: FrontDoor) -> None:
    headers = door.rpc("catalog", "health").headers
    assert headers["x-content-type-options"] == "nosniff" and "max-age" in headers["strict-transport-security"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"] and "server" not in headers


def test_nothing_for_operators_is_served_to_the_world(door: FrontDoor) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        assert door.ask("GET", path).status_code == 404


@pytest.mark.parametrize(("service", "method"), sorted(doors()))
def test_every_call_can_be_reached_with_its_example(door: FrontDoor, service: str, method: str) -> None:
    example = doors()[service, method].entry["example"]["parameters"]
    answer = door.rpc(service, method, **example)
    assert answer.status_code in {200, 400, 401, 403, 404, 409, 410, 422, 503}, answer.text
    assert answer.json().get("name") not in {"MethodNotFound", "InternalFailure", "PageNotFound"}


def test_a_key_that_is_no_uuid_or_not_the_commands_is_refused(door: FrontDoor) -> None:
    arguments = {"procedure_code": ONLINE, "channel": "online", "command_id": str(uuid.uuid4())}
    for key in ("soon", "", str(uuid.uuid4()), f"{arguments['command_id']}\u00b2"):
        sent = {"Idempotency-Key": key.encode()} if key else {"Idempotency-Key": '"1"'}
        answer = door.ask("POST", "/rpc/applications/start", "citizen", json=arguments, headers=sent)
        assert answer.status_code == 400 and answer.json()["name"] == "MalformedRequest", key
    quoted = {"Idempotency-Key": f'"{arguments["command_id"]}"'}
    assert door.ask("POST", "/rpc/applications/start", "citizen", json=arguments, headers=quoted).status_code == 200


def test_pages_of_a_listed_site_may_read_answers_and_no_others(door: FrontDoor) -> None:
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization, if-match"}
    listed, other = {"Origin": "https://portal.example"}, {"Origin": "https://portal.example.attacker.example"}
    allowed = door.ask("OPTIONS", "/me/password", headers={**asks, **listed})
    assert allowed.status_code == 200 and "PUT" in allowed.headers["access-control-allow-methods"]
    assert allowed.headers["access-control-allow-origin"] == listed["Origin"]
    refused = door.ask("OPTIONS", "/me/password", headers={**asks, **other})
    assert refused.status_code == 400 and "access-control-allow-origin" not in refused.headers
    answer = door.ask("GET", "/me", headers=listed)  # a refusal can be read, too
    assert answer.status_code == 401 and answer.headers["access-control-allow-origin"] == listed["Origin"]
    assert "Portal-Call-Id" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    foreign = door.ask("GET", "/provinces", headers=other)
    assert "access-control-allow-origin" not in foreign.headers and "Origin" in foreign.headers["vary"]
