"""Whether what people are shown is what was recorded, and what is recorded is what was sealed."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from infra.chassis.settings import Settings
from services.applications.audit.verifier import Database as ReadOnly
from services.applications.audit.verifier import Verdict, verify_database
from services.applications.rebuilding import verify
from services.applications.store import Store


class Verifying:
    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def from_settings(cls, settings: Settings) -> Verifying:
        return cls(Store.from_settings(settings))

    def verify(self) -> dict[str, Any]:
        """``{events, applications, first_bad, log}``.

        ``first_bad``: the first place where the log was touched, or where replay differs from the read model. ``log``:
        the verdict of the verifier that auditors also run without this installation.
        """
        verdict = self.log()
        if verdict["first_bad"]:
            # What was touched need not even load: nothing is concluded from replaying it.
            return {
                "events": verdict["events"],
                "applications": None,
                "first_bad": verdict["first_bad"],
                "log": verdict,
            }
        return {**verify(self.store), "log": verdict}

    def log(self) -> dict[str, Any]:
        verdict = Verdict("log", "applications", keys_given=False)
        with closing(ReadOnly(self.store.database.url, None)) as database:
            verify_database(database, database.keys(), verdict)
        return verdict.to_json()
