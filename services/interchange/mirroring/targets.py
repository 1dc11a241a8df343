"""The nodes that are told of this portal's applications: the setting ``INTERCHANGE_TARGETS``, read and never changed.

A JSON list, given as a file because it has passwords: ``[{"name", "url", "layout": "classic", "unit", "username",
"password", "dstcode"}]``. ``unit``: the code under which the node knows this installation; ``dstcode``: where it asks
for one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing, Settings

SETTING = "INTERCHANGE_TARGETS"
LAYOUTS = {"classic": ("username", "password")}
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Target:
    """One node; ``credentials`` by the names its layout gives them."""

    name: str
    url: str
    layout: str
    unit: str
    credentials: dict[str, str]

    @classmethod
    def of(cls, entry: object, number: int) -> Self:
        """The target an entry of the setting describes; ends the process if it does not."""
        if not isinstance(entry, dict) or entry.get("layout") not in LAYOUTS:
            raise SettingMissing(SETTING, f"entry {number} needs a layout: {' or '.join(LAYOUTS)}")
        needed = ("name", "url", "unit", *LAYOUTS[entry["layout"]])
        if lacking := [key for key in needed if not isinstance(entry.get(key), str) or not entry[key]]:
            raise SettingMissing(SETTING, f"entry {number} lacks {', '.join(lacking)}")
        if not NAME.fullmatch(entry["name"]):
            raise SettingMissing(SETTING, f"entry {number}: a name has small letters, digits and hyphens, at most 40")
        if urlsplit(entry["url"]).scheme not in {"http", "https"}:
            raise SettingMissing(SETTING, f"entry {number}: the address is neither http nor https")
        optional = {key: str(entry[key]) for key in ("dstcode",) if entry.get(key)}
        credentials = {key: entry[key] for key in LAYOUTS[entry["layout"]]} | optional
        return cls(entry["name"], entry["url"].rstrip("/"), entry["layout"], entry["unit"], credentials)


def targets_of(settings: Settings) -> dict[str, Target]:
    """By name, in the order of the setting."""
    try:
        entries = json.loads(settings.get(SETTING, "[]"))
    except ValueError as error:
        raise SettingMissing(SETTING, f"it is no JSON ({error})") from error
    if not isinstance(entries, list):
        raise SettingMissing(SETTING, "it is no JSON list")
    read = [Target.of(entry, number) for number, entry in enumerate(entries, 1)]
    by_name = {target.name: target for target in read}
    if len(by_name) != len(read):
        raise SettingMissing(SETTING, "two entries have the same name")
    return by_name


class TargetDirectory:
    """What operators and auditors see of the nodes; never a password."""

    def __init__(self, targets: dict[str, Target]) -> None:
        self._targets = targets

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(targets_of(settings))

    def targets(self, *, by: Actor) -> Json:
        """Every node, in the order of the setting."""
        return {
            "items": [
                {"name": target.name, "url": target.url, "layout": target.layout, "unit": target.unit}
                for target in self._targets.values()
            ]
        }
