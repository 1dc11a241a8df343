"""The texts: versioned by key, channel and language; built-in ones come as files and become version 1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cursors import Page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.text.vietnamese_text import plain_letters
from services.notifications import wording
from services.notifications.domain import text_message
from services.notifications.errors import TemplateFactMissing, TemplateFactUnfit, TemplateNotAllowed, TemplateNotFound
from services.notifications.messages import KINDS_BY_KEY, LANGUAGES, TEXTS, facts_of
from services.notifications.models import Template
from services.notifications.procedures import Names

FOLDER = Path(__file__).with_name("templates")
BUILT_IN = "built-in"
BODY_MARK = "[[body]]"


@dataclass(frozen=True)
class Text:
    """A rendered text, and the version of the template they were made with."""

    subject: str
    body: str
    version: int


class TemplateEditor:
    """The texts as editors see them; their next versions: ``template_requests``."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> TemplateEditor:
        return cls(Database.at(settings.database_url("notifications")))

    def preview(self, key: str, channel: str, language: str, facts: Mapping[str, object]) -> Json:
        """The current text about these facts. → ``{subject, body, version}``"""
        with self.database.session() as session:
            text = compose_text(session, key, channel, language, facts)
        return {"subject": text.subject, "body": text.body, "version": text.version}

    def templates(self) -> Page[Json]:
        """The current version of every text and the facts it may use. → ``{items, next_cursor}``"""
        with self.database.session() as session:
            templates = [current(session, key, channel, language) for key, channel in TEXTS for language in LANGUAGES]
        return {"items": [_view(template) for template in templates], "next_cursor": None}


def checked_version(session: Session, which: tuple[str, str, str], subject: str, body: str) -> int:
    """Refuse a text that could not be sent, now rather than when a message is due; else the version it would be."""
    _check(subject, body)
    newest = current(session, *which)  # the built-in text keeps its place in history
    key, channel, language = which
    proposed = Template(key=key, channel=channel, language=language, version=0, subject=subject, body=body)
    for facts in example_facts(key):
        text = _rendered(proposed, facts)
        if channel == "sms" and text_message.parts(text.body) > text_message.LONGEST_PARTS:
            problem = f"longer than {text_message.LONGEST_PARTS} parts of a text message"
            raise TemplateNotAllowed(line=1, problem=problem)
    return newest.version + 1


def publish(session: Session, which: tuple[str, str, str], subject: str, body: str, by: str) -> int:
    """Make a text the next version; which one it is."""
    checked_version(session, which, subject, body)
    return _append(session, *which, subject, body, by).version


def compose_text(session: Session, key: str, channel: str, language: str, facts: Mapping[str, object]) -> Text:
    """The current version of the text, rendered with ``facts``; refuses when a fact is missing."""
    text = _rendered(current(session, key, channel, language), facts)
    return replace(text, body=text_message.fitted(text.body)) if channel == "sms" else text


def current(session: Session, key: str, channel: str, language: str) -> Template:
    """The newest version of a text, taking in the built-in one if it was never here."""
    subject, body = built_in(key, channel, language)
    newest = _newest(session, key, channel, language)
    if newest is not None and (newest.published_by != BUILT_IN or (newest.subject, newest.body) == (subject, body)):
        return newest
    same = *_rows_of(key, channel, language), Template.subject == subject, Template.body == body
    if newest is not None and session.scalar(select(Template.version).where(*same)) is not None:
        return newest  # an older program next to a newer one: its text has been here already
    try:
        with session.begin_nested():
            return _append(session, key, channel, language, subject, body, BUILT_IN)
    except IntegrityError:
        newest = _newest(session, key, channel, language)  # another transaction was first with the same text
        assert newest is not None
        return newest


def example_facts(key: str) -> list[Json]:
    """The facts for texts of this key: the contract's example of the event, and the same without optional facts."""
    kind, data = KINDS_BY_KEY[key], _examples()[f"{key}.v1"]
    bare = {name: value for name, value in data.items() if name not in kind.optional}
    return [
        facts_of(
            kind, example, language="vi", full_name="Nguyễn Thị Mẫu", reference="H01.01-261120-0001", names=Names()
        )
        for example in (data, bare)
    ]


@lru_cache(maxsize=1)
def _examples() -> dict[str, Json]:
    contract = json.loads(Path(__file__).with_name("contract.json").read_text(encoding="utf-8"))
    return {source.partition("/")[2]: schema["examples"][0] for source, schema in contract["consumes"].items()}


@lru_cache(maxsize=1000)  # there are fewer
def built_in(key: str, channel: str, language: str) -> tuple[str, str]:
    """Subject and body as shipped: ``templates/<language>/<key>.txt``, first line the subject; e-mails get a frame.

    Text messages have a body of their own, ``templates/<language>/sms/<key>.txt``; their subject is not sent.
    """
    if (key, channel) not in TEXTS or language not in LANGUAGES:
        raise TemplateNotFound(key=key, channel=channel, language=language)
    subject, _, body = (FOLDER / language / f"{key}.txt").read_text(encoding="utf-8").partition("\n")
    if channel == "email":
        frame = (FOLDER / language / "_email.txt").read_text(encoding="utf-8")
        body = frame.replace(BODY_MARK, body.strip())
    if channel == "sms":
        body = (FOLDER / language / "sms" / f"{key}.txt").read_text(encoding="utf-8")
    return subject.strip(), body.strip()


def _rendered(template: Template, facts: Mapping[str, object]) -> Text:
    which = {"key": template.key, "channel": template.channel, "language": template.language}
    try:
        subject = " ".join(wording.render(template.subject, template.language, facts).split())
        body = wording.render(template.body, template.language, facts)
        if template.channel == "sms":
            body = text_message.gsm_text(plain_letters(body))
        return Text(subject, body, template.version)
    except wording.FactMissing as missing:
        raise TemplateFactMissing(**which, fact=missing.fact) from None
    except wording.FactUnfit as unfit:
        raise TemplateFactUnfit(**which, problem=str(unfit)) from None


def _append(session: Session, key: str, channel: str, language: str, subject: str, body: str, by: str) -> Template:
    last = session.scalar(select(func.max(Template.version)).where(*_rows_of(key, channel, language))) or 0
    template = Template(
        key=key, channel=channel, language=language, version=last + 1, subject=subject, body=body,
        published_at=clock.now(), published_by=by,
    )  # fmt: skip
    session.add(template)
    session.flush()
    return template


def _newest(session: Session, key: str, channel: str, language: str) -> Template | None:
    return session.scalar(
        select(Template).where(*_rows_of(key, channel, language)).order_by(Template.version.desc()).limit(1)
    )


def _rows_of(key: str, channel: str, language: str) -> tuple[ColumnElement[bool], ...]:
    return (Template.key == key, Template.channel == channel, Template.language == language)


def _check(subject: str, body: str) -> None:
    for source in (subject, body):
        try:
            wording.check_template(source)
        except wording.WordingProblem as problem:
            raise TemplateNotAllowed(line=problem.line, problem=problem.problem) from None


def _view(template: Template) -> Json:
    return {
        "key": template.key, "channel": template.channel, "language": template.language, "version": template.version,
        "subject": template.subject, "body": template.body,
        "published_at": template.published_at.isoformat(), "published_by": template.published_by,
        "facts": sorted(example_facts(template.key)[0]),
    }  # fmt: skip
