"""What ended before its token did: a session signed out, a post taken away. Every process asks identity what is new.

``identity.access_endings`` is asked when somebody shows a token and the last answer is older than two seconds, so an
end reaches every door of every process within five, and nothing is asked while nobody calls. The answer is signed over
the question's nonce: one to an earlier question, or by somebody else, is none. While identity does not answer, what was
known counts for ``REVOCATION_PATIENCE`` seconds; after that nobody is admitted.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

import eventlet
from eventlet.semaphore import Semaphore

from infra.chassis.access.access_tokens import VerifiedToken, count_forged
from infra.chassis.json_types import Json
from infra.chassis.refusals import ServiceUnavailable, Unauthenticated
from infra.chassis.trust.key_list import KeyList
from infra.chassis.trust.signatures import SignatureRefused
from infra.chassis.trust.statements import verified_answer

ENDINGS_TYPE = "portal-access-endings+jws"
FRESH = 2.0  # seconds an answer is taken for the present
STALE = 4.0  # seconds after which a call waits for the next one
PATIENCE = 120.0  # seconds without an answer after which nobody is admitted
RETRY = 3.0  # seconds between questions while identity is silent
MEMORY = 1800.0  # seconds; longer than any token lives
ANSWER_WITHIN = 2.0  # seconds

Ask = Callable[[Json], object]


def ending_digest(kind: str, value: str) -> str:
    """How an account or session is named in the answer: nobody learns an id from it."""
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()[:32]


class AccessEndings:
    """What of tokens that still run has ended, as this process knows it."""

    def __init__(self, ask: Ask, trusted: KeyList, *, patience: float = PATIENCE) -> None:
        self._ask, self._trusted, self._patience = ask, trusted, patience
        self._version = 0
        self._asked_at = self._not_before = float("-inf")
        self._keys: frozenset[str] = frozenset()  # those that identity signs tokens with, or has until lately
        self._sessions: dict[str, float] = {}
        self._accounts: dict[str, tuple[int, float]] = {}
        self._one_at_a_time = Semaphore(1)
        self._under_way = False

    def check(self, token: VerifiedToken) -> None:
        """Refuse a token whose session or standing has ended, or about which too little is known."""
        self._be_current()
        actor = token.actor
        if token.key_id not in self._keys:
            raise Unauthenticated(reason="khóa ký đã bị thu hồi", reason_en="its key was withdrawn")
        if actor.session_id and ending_digest("session", actor.session_id) in self._sessions:
            raise Unauthenticated(reason="phiên đăng nhập đã kết thúc", reason_en="the session has ended")
        least, _at = self._accounts.get(ending_digest("account", actor.account_id), (0, 0.0))
        if token.session_version < least:
            raise Unauthenticated(
                reason="quyền đã thay đổi, hãy gia hạn phiên", reason_en="rights have changed, refresh the session"
            )

    def _be_current(self) -> None:
        age = time.monotonic() - self._asked_at
        if age > STALE:
            with self._one_at_a_time:
                if time.monotonic() - self._asked_at > STALE:
                    self._update()
        elif age > FRESH and not self._under_way:
            self._under_way = True
            eventlet.spawn_n(self._update_beside)
        if time.monotonic() - self._asked_at > self._patience:
            raise ServiceUnavailable(service="identity")

    def _update_beside(self) -> None:
        try:
            with self._one_at_a_time:
                self._update()
        finally:
            self._under_way = False

    def _update(self) -> None:
        """Ask what is new; a question that fails is asked again a little later, by whoever comes then."""
        if time.monotonic() < self._not_before:
            return
        try:
            self._ask_identity()
        except (ServiceUnavailable, SignatureRefused) as error:
            self._not_before = time.monotonic() + RETRY
            if isinstance(error, SignatureRefused):
                count_forged("access_endings", error)

    def _ask_identity(self) -> None:
        nonce, asked_at = secrets.token_urlsafe(16), time.monotonic()
        answer = self._ask({"after": self._version, "nonce": nonce})
        answer_read = verified_answer(self._trusted, "identity", ENDINGS_TYPE, answer, nonce=nonce)
        for ending in answer_read["ended"]:
            if "session" in ending:
                self._sessions[ending["session"]] = asked_at
            else:
                self._accounts[ending["account"]] = (int(ending["session_version"]), asked_at)
        self._keys = frozenset(answer_read["keys"])
        self._version = int(answer_read["version"])
        self._asked_at = asked_at
        self._forget(asked_at - MEMORY)

    def _forget(self, before: float) -> None:
        """Drop what no running token can be about, now and then."""
        if len(self._sessions) + len(self._accounts) > 1000:
            self._sessions = {name: at for name, at in self._sessions.items() if at > before}
            self._accounts = {name: ending for name, ending in self._accounts.items() if ending[1] > before}
