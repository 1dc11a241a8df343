"""What a browser brings along in single sign-on: two cookies, a form with its token, and where it was sent from.

The cookies are secrets that identity knows by their digests; nothing about anybody is in them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from infra.front_door.errors import HttpRefusal, MalformedRequest, MediaTypeNotSupported

BINDING, SIGNED_IN = "__Host-openid-binding", "__Host-openid"
SECRET = re.compile(r"[A-Za-z0-9_-]{20,100}", re.ASCII)
FORM = "application/x-www-form-urlencoded"
LONGEST_FORM = 20_000
REPEATED = "scope"


class FormNotOurs(HttpRefusal):
    """A form that none of our pages made, or made for another browser."""

    status = 403
    vi = "Biểu mẫu này không do trang của cổng gửi, hoặc đã cũ."
    en = "This form did not come from a page of this portal, or is out of date."
    todo_vi = "Quay lại cổng ban đầu và đăng nhập lại; hãy cho phép cookie."
    todo_en = "Go back to the portal you came from and sign in again; allow cookies."


@dataclass(frozen=True)
class Form:
    """The fields of a form; ``scopes`` may be several."""

    fields: dict[str, str]
    scopes: list[str]

    def optional(self, name: str) -> str | None:
        return self.fields.get(name) or None


def cookie_of(request: Request, name: str) -> str | None:
    """The secret in a cookie; what is none of ours is as if it were not there."""
    value = request.cookies.get(name, "")
    return value if SECRET.fullmatch(value) else None


def new_binding() -> str:
    return secrets.token_urlsafe(32)


def set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def clear_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def form_token(binding: str) -> str:
    """What a page writes into its form: nobody computes it who does not hold the cookie."""
    digest = hashlib.sha256(f"form\0{binding}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_form(request: Request, form: Form, binding: str | None) -> str:
    """The binding of a form that one of our pages made for this very browser; ``FormNotOurs``."""
    sent = form.fields.get("csrf", "")
    if binding is None or not hmac.compare_digest(sent.encode(), form_token(binding).encode()):
        raise FormNotOurs()
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise FormNotOurs()
    if site is None and origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FormNotOurs()
    return binding


async def form_of(request: Request) -> Form:
    """The fields of the body; one that comes twice could mean two things and is refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise MediaTypeNotSupported(wanted=FORM, headers={"Accept": FORM})
    body = await request.body()
    try:
        if len(body) > LONGEST_FORM:
            raise ValueError
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise MalformedRequest(reason="biểu mẫu không đọc được", reason_en="an unreadable form") from None
    single = [pair for pair in pairs if pair[0] != REPEATED or "csrf" not in dict(pairs)]
    fields = dict(single)
    if len(fields) != len(single):
        raise MalformedRequest(reason="một trường hai lần trong biểu mẫu", reason_en="a field twice in the form")
    return Form(fields, [value for name, value in pairs if name == REPEATED])
