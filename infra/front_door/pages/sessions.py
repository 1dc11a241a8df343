"""The browser's session: a cookie that only we can read, in which the tokens of a signed-in person rest.

Processes keep nothing, so any of them serves the next request. Scripts cannot read the cookie and other sites cannot
send it with a form. What is in it ends where it always did: the refresh token at identity, which can revoke it.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.sealing import Sealing

NAME = "__Host-portal"
PLAIN_NAME = "portal-development"  # over plain HTTP: browsers take a __Host- cookie only with Secure
LONGEST = 7 * 86_400  # seconds; identity ends sessions earlier
RENEWED_BEFORE = 30  # seconds before an access token's end
FRESH = 9 * 60  # seconds after a sign-in; identity asks for ten minutes at most, and a form takes one to fill


@dataclass(frozen=True, slots=True)
class Session:
    """``secret`` guards forms and is made anew at sign-in; without tokens nobody is signed in."""

    secret: str
    access_token: str = ""
    refresh_token: str = ""
    ends_at: float = 0.0
    signed_in_at: float = 0.0
    spent: bool = False  # somebody was signed in, whose session has ended meanwhile

    @classmethod
    def begun(cls) -> Session:
        return cls(secrets.token_urlsafe(24))

    def signed_in(self, tokens: Json) -> Session:
        """A session of its own: nothing that was known before the sign-in is worth anything after it."""
        return replace(Session.begun(), signed_in_at=time.time()).renewed(tokens)

    def renewed(self, tokens: Json) -> Session:
        ends_at = time.time() + float(tokens["expires_in"])
        return replace(
            self, access_token=str(tokens["access_token"]), refresh_token=str(tokens["refresh_token"]), ends_at=ends_at
        )

    def ended(self) -> Session:
        """Nobody is signed in any more; forms that are open stay good, so that nothing typed is lost."""
        return Session(self.secret, spent=True)

    @property
    def old(self) -> bool:
        return bool(self.refresh_token) and time.time() > self.ends_at - RENEWED_BEFORE

    @property
    def fresh(self) -> bool:
        """Whether the sign-in is recent enough for what changes how an account is guarded."""
        return time.time() < self.signed_in_at + FRESH

    @property
    def person(self) -> Person | None:
        return Person.of(self.access_token) if self.access_token else None

    def form_token(self) -> str:
        """What a form of this session carries; another one each time, so that no length or pattern gives it away."""
        salt = secrets.token_urlsafe(9)
        return f"{salt}.{self._proof(salt)}"

    def has_given(self, form_token: str) -> bool:
        salt, _, proof = form_token.partition(".")
        return hmac.compare_digest(proof.encode(), self._proof(salt).encode())

    def _proof(self, salt: str) -> str:
        digest = hmac.digest(self.secret.encode(), b"form:" + salt.encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:18]).decode()


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, as identity's token has it. Doors verify it; here it only decides what is offered."""

    account_id: str
    name: str
    roles: frozenset[str]
    posts: dict[str, list[str]]
    session_id: str

    @classmethod
    def of(cls, access_token: str) -> Person:
        payload = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        posts = {str(agency): [str(role) for role in roles] for agency, roles in claims.get("agencies", {}).items()}
        roles = frozenset({*claims.get("roles", []), *(role for post in posts.values() for role in post)})
        return cls(str(claims["sub"]), str(claims.get("name") or ""), roles, posts, str(claims.get("sid") or ""))

    def agencies_as(self, role: str) -> list[str]:
        """Where the person holds a role, by code."""
        return sorted(agency for agency, roles in self.posts.items() if role in roles)


class Cookies:
    """The cookie in and out. ``secure``: everywhere but in development over plain HTTP."""

    def __init__(self, sealing: Sealing, *, secure: bool) -> None:
        self._sealing, self.secure = sealing, secure
        self.name = NAME if secure else PLAIN_NAME

    def session_of(self, request: Request) -> Session:
        """The session in the cookie; what is no session of ours is as if it were not there."""
        facts = self._sealing.open(request.cookies.get(self.name, ""), within=LONGEST)
        names = Session.__dataclass_fields__  # of a front door of another release there may be more, or fewer
        return Session(**{name: facts[name] for name in names if name in facts}) if facts else Session.begun()

    def put(self, response: Response, session: Session) -> None:
        sealed = self._sealing.seal({name: getattr(session, name) for name in Session.__dataclass_fields__})
        response.set_cookie(self.name, sealed, path="/", secure=self.secure, httponly=True, samesite="lax")
