"""``portal verify``: the verifier auditors carry away, wrapped; without arguments for this installation's own store.

Nothing is written: databases are opened read-only. Exit status 0 everything holds, 1 something does not, 2 it could not
be checked, 3 what is sealed holds and some events are not sealed: nothing is proved of those.
"""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from infra.chassis import logs
from infra.chassis.files import text_of
from infra.chassis.json_types import Json
from infra.chassis.running.loader import tool
from infra.chassis.settings import Settings
from infra.cli.connection import language_of
from infra.cli.progress import OnProgress, progress

BAD, UNCHECKED = 1, 2


def verify(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="BUNDLE", help="An evidence file; or published tiles, by folder or http(s) address."),
    ] = None,
    dsn: Annotated[str | None, typer.Option(help="A database: postgresql://… or sqlite:///….")] = None,
    key: Annotated[list[str] | None, typer.Option(help="A verifier key you trust (name+hash+base64).")] = None,
    keys: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A file of such keys.")] = None,
    tiles: Annotated[
        str | None, typer.Option(help="The published files, by folder or address, to hold the database against.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A checkpoint you kept.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="Key of a witness that must have cosigned the checkpoint.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = False,
) -> None:
    """Check what was recorded against what was sealed: an evidence file, published tiles, or a database."""
    logs.set_up("CRITICAL")
    settings = Settings.from_environment()
    if subject and dsn:
        raise typer.BadParameter("give an evidence file or --dsn, not both")
    trusted = [*(key or []), *(text_of(keys).splitlines() if keys else [])]
    try:
        verification = Verification(settings, trusted, tiles, checkpoint or [], witness or [])
        with progress("lá / leaves", quiet=as_json) as on_progress:
            report = verification.of(subject, dsn, on_progress)
    except _verifier("CannotVerify") as error:
        typer.echo(json.dumps({"ok": None, "error": str(error)}) if as_json else f"portal: {error}", err=not as_json)
        raise typer.Exit(UNCHECKED) from None
    typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=1) if as_json else report.text())
    raise typer.Exit(report.status)


class Verdict(Protocol):
    """The verifier's answer."""

    leaves: int
    seconds: float
    asked_until: int | None

    @property
    def status(self) -> int: ...

    def to_json(self, language: str) -> Json: ...
    def text(self, language: str) -> str: ...


class Published(Protocol):
    """Published tiles, by folder or address."""

    def checkpoint(self) -> str: ...
    def keys(self) -> list[object]: ...


class VerificationReport:
    """A verdict, with what the comparison of the read model adds where there is one."""

    def __init__(self, verdict: Verdict, language: str) -> None:
        self.verdict, self.language = verdict, language
        self.read_model: Json | None = None
        self.authenticity: Json | None = None

    @property
    def differs(self) -> bool:
        """An event is not this service's own, or what people are shown is not what was recorded."""
        return any(part is not None and part["first_bad"] for part in (self.authenticity, self.read_model))

    @property
    def status(self) -> int:
        return BAD if self.differs else int(self.verdict.status)

    def to_json(self) -> Json:
        verdict: Json = self.verdict.to_json(self.language)
        parts = {"authenticity": self.authenticity, "read_model": self.read_model}
        checked = {name: part for name, part in parts.items() if part is not None}
        outcome = {name: verdict[name] and not self.differs for name in ("ok", "proved")} if checked else {}
        return {**verdict, **outcome, **checked}

    def text(self) -> str:
        lines = [self.verdict.text(self.language)]
        if self.authenticity:
            lines.append(_authenticity_text(self.authenticity, self.language))
        if self.read_model:
            lines.append(_read_model_text(self.read_model, self.language))
        return "\n".join(lines)


STAGES = {
    "authenticating": "xác thực sự kiện / events authenticated",
    "replaying": "phát lại hồ sơ / histories replayed",
    "comparing": "so sánh hồ sơ / applications compared",
    "opening": "nội dung bên cạnh / words and papers beside",
}
WORDS = {
    "vi": ("hồ sơ đã phát lại", "hiển thị đúng như sự kiện đã ghi"),
    "en": ("applications replayed", "what is shown is what was recorded"),
}


AUTHENTIC = {
    "vi": "{events} sự kiện: mọi sự kiện đều do dịch vụ này ghi",
    "en": "{events} events: each was recorded by this service",
}


def _authenticity_text(authenticity: Json, language: str) -> str:
    return _bad_place(authenticity["first_bad"], language) or AUTHENTIC[language].format(**authenticity)


def _bad_place(bad: Json | None, language: str) -> str:
    if not bad:
        return ""
    about = {name: value for name, value in bad.items() if name not in ("kind", "reason")}
    return f"{bad['reason'][language]} {json.dumps(about, ensure_ascii=False)}"


def _read_model_text(read_model: Json, language: str) -> str:
    replayed, same = WORDS[language]
    text = f"{read_model['applications']} {replayed}: " if read_model["applications"] is not None else ""
    return text + (_bad_place(read_model["first_bad"], language) or same)


class Verification:
    """Runs the verifier's parts with progress."""

    def __init__(
        self, settings: Settings, trusted: list[str], tiles: str | None, checkpoints: list[Path], witnesses: list[str]
    ) -> None:
        self.settings, self.tiles, self.checkpoints = settings, tiles, checkpoints
        self.witnesses = [_verifier("Key").parse(line) for line in witnesses]
        self.language = language_of(settings)
        self.keys = [_verifier("Key").parse(line) for line in trusted if line.strip()]

    def of(self, subject: str | None, dsn: str | None, on_progress: OnProgress) -> VerificationReport:
        began = time.monotonic()
        if subject is None:
            report = self.store(dsn, on_progress) if dsn else self.own(on_progress)
        elif subject.startswith(("http://", "https://")) or Path(subject).is_dir():
            report = self.tree(subject, on_progress)
        else:
            report = self.bundle(Path(subject))
        report.verdict.seconds = time.monotonic() - began
        return report

    def bundle(self, file: Path) -> VerificationReport:
        try:
            bundle = json.loads(text_of(file))
        except (OSError, ValueError, RecursionError) as error:
            raise _verifier("CannotVerify")(f"{file} cannot be read as an evidence file: {error}") from error
        if not isinstance(bundle, dict):
            raise _verifier("CannotVerify")(f"{file} is no evidence file")
        verdict = self._verdict("bundle", str(file))
        inside = _verifier("keys_in")(bundle)
        self._cosigned(str(bundle.get("checkpoint")), verdict)
        _verifier("verify_bundle")(bundle, self.keys or inside, verdict)
        return VerificationReport(verdict, self.language)

    def tree(self, place: str, on_progress: OnProgress) -> VerificationReport:
        """Published files on their own."""
        verdict, published = self._verdict("log", place), _verifier("Tiles")(place)
        self._cosigned(published.checkpoint(), verdict)
        _verifier("verify_tiles")(
            published, self.keys or published.keys(), verdict, lambda done: on_progress(done, None)
        )
        return VerificationReport(verdict, self.language)

    def store(self, url: str, on_progress: OnProgress, own: Published | None = None) -> VerificationReport:
        """A database, against the tiles and checkpoints that were given, else the files it publishes itself."""
        published = _verifier("Tiles")(self.tiles) if self.tiles else own
        checkpoints = [text_of(path) for path in self.checkpoints]
        verdict = self._verdict("log", url.rpartition("@")[2])
        if self.witnesses and not published:
            raise _verifier("CannotVerify")("cosignatures are looked for on the published checkpoint: give --tiles")
        if published:
            self._cosigned(published.checkpoint(), verdict)
        with contextlib.closing(_verifier("Database")(url, None)) as database:
            total = next(iter(database.rows("SELECT count(*) FROM audit_leaf")))[0]
            on_progress(0, total)
            keys = self.keys or database.keys()
            _verifier("verify_database")(
                database, keys, verdict, published, checkpoints, lambda done: on_progress(done, total)
            )
            on_progress(verdict.leaves, total)
        return VerificationReport(verdict, self.language)

    def own(self, on_progress: OnProgress) -> VerificationReport:
        """This installation's store, its published files and its own key; then what people are shown, by replay."""
        url = self.settings.database_url("applications")
        _verifier("Database")(url, None).close()  # first: names a missing one, and nothing has been created for it
        keys = tool("applications", "verifier_keys")(self.settings)
        self.keys = self.keys or [_verifier("Key").parse(key) for key in keys]
        checks = tool("applications", "SelfCheck").from_settings(self.settings)
        asked_until = checks.wait_until_sealed()
        published = tool("applications", "published_log")(self.settings)
        report = self.store(url, on_progress, published)
        report.verdict.asked_until = asked_until
        report.authenticity = checks.check_authenticity(
            lambda done, total, what: on_progress(done, total, STAGES[what])
        )
        if report.status != BAD:  # what was touched need not even load: nothing is concluded from replaying it
            report.read_model = checks.check_read_model(
                lambda done, total, what: on_progress(done, total, STAGES[what])
            )
        return report

    def _cosigned(self, checkpoint: str, verdict: Verdict) -> None:
        _verifier("check_witnesses")(checkpoint, self.witnesses, verdict)

    def _verdict(self, mode: str, subject: str) -> Verdict:
        verdict: Verdict = _verifier("Verdict")(mode, subject, keys_given=bool(self.keys))
        return verdict


def _verifier(name: str) -> Any:
    return getattr(tool("applications", "verifier"), name)
