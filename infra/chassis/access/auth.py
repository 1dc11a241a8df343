"""Who is calling: a person by identity's signed token, a service by its own assertion beside it, or in its own right.

No service but identity can mint a token. The algorithm is fixed (RFC 8725), header hints such as ``jku`` are ignored.
What a service may ask, and on whose behalf, is in the table of calls (:mod:`infra.chassis.trust.service_calls`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypedDict

from nameko.extensions import DependencyProvider

from infra.chassis.access.access_endings import ANSWER_WITHIN, PATIENCE, AccessEndings
from infra.chassis.access.access_tokens import Keys, Tokens, token_audience
from infra.chassis.access.actors import ANONYMOUS, Actor
from infra.chassis.access.service_readers import ServiceReader
from infra.chassis.clients import client_of, deadline_of
from infra.chassis.dependencies import settings_of
from infra.chassis.json_types import Json
from infra.chassis.messaging.replies import Replies
from infra.chassis.refusals import Forbidden, Unauthenticated, supported_language
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.trust.assertions import Assertions, Envelope
from infra.chassis.trust.installation import key_list
from infra.chassis.trust.service_calls import ServiceCall, service_call
from infra.chassis.wire_types import WorkerContext

LONGEST_SOURCE = 80  # characters
ENVELOPE = "portal.envelope"  # where the door puts it, over whatever a header of this name said


class HasOwnAnswers(Protocol):
    """Identity's use case that has them."""

    def from_settings(self, settings: Settings) -> OwnAnswers: ...


class OwnAnswers(Protocol):
    """What identity alone has of its own and need not ask for."""

    def jwks(self) -> Json: ...

    def access_endings(self, after: int, nonce: str) -> Json: ...


class Acting(TypedDict):
    """Keywords of every use case that changes something."""

    by: Actor
    command: Command


class Reading(TypedDict):
    """Keywords of every use case whose reads are recorded."""

    by: Actor
    call_id: str


class TokenCheck:
    """The two questions put to every token: is it genuine, and is it still valid? And the check of services' calls."""

    def __init__(self, tokens: Tokens, endings: AccessEndings, assertions: Assertions | None = None) -> None:
        self._tokens, self._endings, self.assertions = tokens, endings, assertions

    @classmethod
    def of(cls, settings: Settings, service: str, ask: Callable[[str, Json], Json]) -> TokenCheck:
        """``ask(method, arguments)`` asks identity."""
        trusted = key_list(settings)
        tokens = Tokens(Keys(lambda: ask("jwks", {}), trusted), token_audience(service))
        patience = settings.number("REVOCATION_PATIENCE", PATIENCE)
        endings = AccessEndings(lambda question: ask("access_endings", question), trusted, patience=patience)
        return cls(tokens, endings, Assertions(trusted, service))

    def caller_of(self, assertion: str, envelope: Envelope, door: str, token: str | None) -> str:
        """Which service makes a call; ``AssertionRefused`` if none says so of this call."""
        assert self.assertions is not None  # only tests of tokens alone go without
        return self.assertions.caller_of(assertion, envelope, door, token)

    def actor_of(self, token: str) -> Actor:
        """Who shows this token; ``Unauthenticated`` if it does not hold, or not any more."""
        verified = self._tokens.verified(token)
        self._endings.check(verified)
        return verified.actor


class Call:
    """One call as its door sees it. Nothing is verified until somebody asks, and nothing raises before that."""

    def __init__(self, worker_ctx: WorkerContext, tokens: TokenCheck) -> None:
        self._context, self._tokens = worker_ctx, tokens
        self._actor: Actor | None = None
        self.optional_command: Command | None = None  # of a door whose ``command_id`` may be left out
        self.service: str | None = None  # which makes this call, once it is admitted
        self.purpose: str | None = None  # why it may
        self._about: str | None = None  # the argument that names the person it is made for

    @property
    def token(self) -> str | None:
        return self._context.data.get("auth_token") or None

    @property
    def asserted(self) -> bool:
        """Whether a service says that it makes this call."""
        return bool(self._context.data.get("assertion"))

    @property
    def language(self) -> str:
        return supported_language(self._context.data.get("language"))

    @property
    def call_id(self) -> str:
        return str(self._context.call_id)

    @property
    def source(self) -> str | None:
        """Where the call comes from, as the front end that makes it says: attempts are counted by it, nothing else."""
        return str(self._context.data.get("source") or "")[:LONGEST_SOURCE] or None

    @property
    def deadline(self) -> float | None:
        """Epoch seconds after which nobody waits for the answer."""
        return deadline_of(self._context.data.get("deadline"))

    def authenticate(self) -> Actor:
        """The verified caller; ``Unauthenticated`` when there is no good token."""
        if self._actor is None or self._actor.anonymous:
            if not self.token:
                raise Unauthenticated(reason="không có token", reason_en="no token")
            self._actor = self._tokens.actor_of(self.token)
        return self._actor

    def admit_service(self, door: str) -> None:
        """Let a service's call in if it is one, the table has it, and the person is one it may be made for."""
        envelope, own = self._context.data[ENVELOPE], self._context.service_name
        caller = self._tokens.caller_of(self._context.data["assertion"], envelope, door, self.token)
        row = service_call(caller, own, door)
        if row is None:
            raise _not_in_table(caller, own, door)
        if self.token:
            _check_role(row, self.authenticate())
        elif row.itself:
            self._actor = Actor.system(caller)
        else:
            raise Unauthenticated(reason="lời gọi phải thay mặt một người", reason_en="nobody's token came along")
        self.service, self.purpose, self._about = caller, row.purpose, row.person

    def check_about(self, arguments: Mapping[str, object]) -> None:
        """Refuse a service's call for one person that is about another."""
        if self._about and arguments.get(self._about) != self.actor.account_id:
            raise Forbidden(
                reason=f"{self._about} không phải người đang thao tác", reason_en=f"{self._about} is not who acts"
            )

    @property
    def service_reader(self) -> ServiceReader:
        """The service that is shown something, for a use case of a door for services alone."""
        if self.service is None:
            raise LookupError("no service makes this call")
        return ServiceReader(self.service, self.purpose or "–", self.actor.account_id if self.token else None)

    @property
    def actor(self) -> Actor:
        """The caller; anonymous where a public door is called without a good token."""
        if self._actor is None:
            try:
                self._actor = self.authenticate() if self.token else ANONYMOUS
            except Unauthenticated:
                self._actor = ANONYMOUS
        return self._actor

    @property
    def command(self) -> Command:
        """The command of a door that requires a ``command_id``; set before the work begins."""
        if self.optional_command is None:
            raise LookupError("no command_id was given")
        return self.optional_command

    @property
    def acting(self) -> Acting:
        """Who does what, for a use case that changes something."""
        return {"by": self.actor, "command": self.command}

    @property
    def reading(self) -> Reading:
        """Who reads by which call, for a use case that records reads."""
        return {"by": self.actor, "call_id": self.call_id}


def _check_role(row: ServiceCall, person: Actor) -> None:
    """Refuse a service's call for somebody it may not be made for."""
    if not person.has(*row.roles):
        names = ", ".join(sorted(row.roles)) or "–"
        raise Forbidden(reason=f"chỉ thay mặt: {names}", reason_en=f"only on behalf of: {names}")


def _not_in_table(caller: str, service: str, door: str) -> Forbidden:
    return Forbidden(
        reason=f"dịch vụ {caller} không được gọi {service}.{door}",
        reason_en=f"service {caller} may not call {service}.{door}",
    )


class Caller(DependencyProvider):
    """Injects the :class:`Call`. ``own``: the use case from which identity, and no other, has its answers itself."""

    replies = Replies()

    def __init__(self, own: HasOwnAnswers | None = None) -> None:
        self.own = own

    def setup(self) -> None:
        settings, asking = settings_of(self.container), client_of(self.container, self.replies)
        own: OwnAnswers | None = self.own.from_settings(settings) if self.own else None

        def ask(method: str, arguments: Json) -> Json:
            if own is not None:
                answer: Json = getattr(own, method)(**arguments)
                return answer
            return asking.call("identity", method, arguments, {}, ANSWER_WITHIN)

        self.tokens = TokenCheck.of(settings, self.container.service_name, ask)

    def get_dependency(self, worker_ctx: WorkerContext) -> Call:
        return Call(worker_ctx, self.tokens)

    if TYPE_CHECKING:  # as of ``Provided``

        def __get__(self, service: object, owner: type) -> Call: ...
