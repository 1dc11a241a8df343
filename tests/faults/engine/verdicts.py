"""What a fault run found, in the words of Jepsen's tests of RabbitMQ, as JSON."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RECOVERS_WITHIN = 30.0  # seconds from the end of a fault to answers from everybody


@dataclass
class Verdict:
    scenario: str
    seed: int
    seconds: float = 0.0  # in all, draining and judging included
    faults: int = 0
    attempted: int = 0
    acknowledged: int = 0
    unknown: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    recovered: float = 0.0
    drained: float = 0.0
    poison: int = 0
    quarantined: int = 0
    dead_letters: int = 0
    histories_verified: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    marks: list[tuple[float, str]] = field(default_factory=list)
    throughput: list[int] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    begun: float = field(default_factory=time.time)

    @property
    def passed(self) -> bool:
        return (
            not (self.lost or self.duplicated or self.unexpected or self.dead_letters)
            and self.recovered <= RECOVERS_WITHIN
            and self.quarantined == self.poison
        )

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "held": self.passed}

    def summary(self) -> str:
        return (
            f"{self.scenario}: {'held' if self.passed else 'FAILED'}; "
            f"faults {self.faults}, attempted {self.attempted}, acknowledged {self.acknowledged}, "
            f"lost {len(self.lost)}, duplicated {len(self.duplicated)}, unexpected {len(self.unexpected)}, "
            f"recovered {self.recovered:.1f} s, drained {self.drained:.1f} s, "
            f"quarantined {self.quarantined}/{self.poison}, histories {self.histories_verified}"
        )


def write_verdict(verdict: Verdict, folder: Path | None = None) -> Path:
    """Write one verdict to the folder of verdicts (``VERDICTS``, or ``build/verdicts``)."""
    folder = folder or Path(os.environ.get("VERDICTS", "build/verdicts"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{verdict.scenario}-{verdict.seed}.json"
    path.write_text(json.dumps(verdict.as_dict(), ensure_ascii=False, indent=1))
    return path


def per_second(moments: list[float], begun: float, seconds: float) -> list[int]:
    """How many of these instants fell into each second of a run."""
    counts = [0] * (int(seconds) + 1)
    for moment in moments:
        if 0 <= int(moment - begun) < len(counts):
            counts[int(moment - begun)] += 1
    return counts
