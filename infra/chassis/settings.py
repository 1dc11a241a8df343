"""Settings from the environment (each also as ``NAME_FILE``); a missing one stops the process by its name."""

from __future__ import annotations

import hashlib
import math
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import overload
from urllib.parse import quote

from infra.chassis.files import text_of, write_new
from infra.chassis.text.numbers import decimal_number

SERVICES = ("identity", "catalog", "applications", "payments", "notifications", "interchange", "oversight")
FRONT_DOOR = "front-door"  # as a process is named; it is no service
LEAST_SECRET = 8  # characters; portal doctor asks for more
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class SettingMissing(SystemExit):
    """A setting that has no default is not there; the process ends with 78 (EX_CONFIG) and says which."""

    def __init__(self, name: str, why: str = "") -> None:
        self.name = name
        self.message = f"Setting {name} is missing{': ' + why if why else ''}. Give it as {name} or {name}_FILE."
        super().__init__(78)

    def __str__(self) -> str:
        return self.message


class Settings:
    """The settings of this process. Values come from ``env``; nothing is read at import."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = dict(env)

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Settings:
        return cls(os.environ if env is None else env)

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of ``name``, of the file ``NAME_FILE`` names, or ``default``. What is blank counts as unset."""
        value = self.env.get(name)
        if value and not value.isspace():
            return value
        if path := self.env.get(f"{name}_FILE"):
            return self._of_file(name, path) or default
        return default

    def _of_file(self, name: str, path: str) -> str:
        try:
            return text_of(Path(path)).strip()
        except (OSError, ValueError) as error:
            raise SettingMissing(name, f"{name}_FILE cannot be read ({error})") from error

    def require(self, name: str) -> str:
        """The value of ``name``; ends the process when there is none."""
        value = self.get(name)
        if value is None:
            raise SettingMissing(name, self._blank_file(name))
        return value

    def _blank_file(self, name: str) -> str:
        path = self.env.get(f"{name}_FILE")
        return f"the file that {name}_FILE names ({path}) is empty" if path else ""

    def secret(self, name: str, least: int = LEAST_SECRET) -> str:
        """As :meth:`require`, for what others must not guess: of at least ``least`` characters."""
        value = self.require(name)
        if len(value) < least:
            raise SettingMissing(name, f"it has {len(value)} characters and must have at least {least}")
        return value

    def number(self, name: str, default: float, *, least: float = -math.inf, most: float = math.inf) -> float:
        """A number within bounds; whatever else is set ends the process by the setting's name."""
        value = self.get(name)
        number = default if value is None else decimal_number(value.strip())
        if number is None:
            raise SettingMissing(name, f"{value!r} is not a number")
        if not least <= number <= most:
            raise SettingMissing(name, f"{number:g} is not between {least:g} and {most:g}")
        return number

    def numbers(self, name: str, default: str) -> list[float]:
        """Numbers from 0 on, with commas between them; whatever else is set ends the process by the setting's name."""
        parts = (self.get(name) or default).split(",")
        numbers = [decimal_number(part.strip()) for part in parts]
        listed = [number for number in numbers if number is not None and number >= 0]
        if len(listed) < len(parts):
            raise SettingMissing(name, "it is not numbers with commas between them")
        return listed

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.get(name)
        if value is None:
            return default
        if (word := value.strip().lower()) not in {*YES, *NO}:
            raise SettingMissing(name, f"{value!r} is neither yes nor no")
        return word in YES

    @property
    def embedded(self) -> bool:
        """With no broker and no database named, everything uses the embedded default."""
        servers = ("AMQP_URI", *(f"{name.upper()}_DATABASE_URL" for name in SERVICES))
        if any(self.get(name) for name in servers):
            return False
        for name in servers:
            if blank := self._blank_file(name):  # somebody meant a server: nothing else is started in its place
                raise SettingMissing(name, blank)
        return True

    @property
    def environment(self) -> str:
        """``production`` unless set otherwise; the embedded default is always ``development``."""
        value = self.get("PORTAL_ENVIRONMENT", "development" if self.embedded else "production")
        if value not in {"production", "development"}:
            raise SettingMissing("PORTAL_ENVIRONMENT", f"{value!r} is neither production nor development")
        return value

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @property
    def home(self) -> Path:
        """Where the embedded default and development keys live."""
        return Path(self.get("PORTAL_HOME", ".portal")).absolute()

    @property
    def amqp_uri(self) -> str:
        """The broker; on the embedded default one of this home's own, so that two in a process stay apart."""
        if not self.embedded:
            return self.require("AMQP_URI")
        return f"embedded://portal-{hashlib.sha256(bytes(self.home)).hexdigest()[:12]}"

    @property
    def topology_uri(self) -> str:
        """The broker as ``portal migrate`` uses it: by the user that may make exchanges, where that is another."""
        return self.get("AMQP_MIGRATION_URI") or self.amqp_uri

    def database_url(self, service: str) -> str:
        """SQLAlchemy URL of ``service``'s own database."""
        if self.embedded:
            return f"sqlite:///{quote(str(self.home / f'{service}.sqlite'), safe='/ ')}"
        return self.require(f"{service.upper()}_DATABASE_URL")

    def migration_url(self, service: str) -> str:
        """The URL migrations use: the owner's, where service and owner are different database roles."""
        return self.get(f"{service.upper()}_MIGRATION_DATABASE_URL") or self.database_url(service)

    @property
    def call_address(self) -> Path:
        """File that holds where a running embedded platform takes the front door's calls."""
        return self.home / "front-door.address"

    def secret_folder(self) -> Path:
        """Folder for keys that development makes for itself; production is given its secrets."""
        folder = self.home / "secrets"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


def stored_secret(path: Path, make: Callable[[], str]) -> str:
    """The text of ``path``, made with ``make()`` (mode 0600) if it is not there yet.

    Processes that start together agree: the first link wins and all read what it left.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        write_new(draft, make().encode(), mode=0o600)
        with suppress(FileExistsError):  # another process was first; its secret is the one
            os.link(draft, path)
        draft.unlink()
    text = text_of(path)
    if not text.strip():
        raise SettingMissing(path.name, f"{path} is empty; remove it to have a new one made, or put the secret back")
    return text
