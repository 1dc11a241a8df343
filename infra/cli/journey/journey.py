"""One citizen's application as it goes along: who has signed in, what it has come to, which steps were narrated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from infra.chassis.json_types import Json
from infra.chassis.wire_types import Cluster
from infra.cli.connection import Portal
from infra.cli.journey.narration import Step


class Journey:
    """What one citizen's application has come to.

    ``mails()`` gives the e-mails received so far; it is ``None`` where nobody can look.
    """

    def __init__(
        self,
        portal: Portal,
        world: Json,
        report: Callable[[Step], None],
        mails: Callable[[], list[str]] | None = None,
    ) -> None:
        self.portal, self.world, self.report, self.mails = portal, world, report, mails
        self.agency: str = world["agency_code"]
        self.part, self.steps = 0, 0
        self.tokens: dict[str, str] = {}
        self.application_id = self.reference = ""
        self.citizen: Json = {}
        self.procedure: Json = {}
        self.quote: Json = {}
        self.marks: list[tuple[int, str, str]] = []  # version, instant, status: what replay must give again

    @contextmanager
    def step(self, service: str, vi: str, en: str) -> Iterator[Json]:
        """One step, narrated when it has ended; what is put into the facts is shown with it."""
        facts: Json = {}
        started = time.perf_counter()
        yield facts
        self.steps += 1
        self.report(Step(self.steps, self.part, service, f"{vi} / {en}", (time.perf_counter() - started) * 1000, facts))

    def who(self, role: str) -> Cluster:
        """RPC as somebody who has signed in."""
        return self.portal.as_(self.tokens[role])

    def all_pages(self, listing: Callable[..., Json], **about: object) -> list[Json]:
        """Every item of a list that comes in pages."""
        items, cursor = [], None
        while True:
            page = listing(limit=200, **about, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    def remember(self, reply: Json) -> Json:
        """Note version, instant and status, so that replay can be held against what was seen at the time."""
        now = self.who("auditor").applications.history(application_id=self.application_id)["items"][-1]
        self.marks.append((now["version"], now["at"], now["status"]))
        return reply
