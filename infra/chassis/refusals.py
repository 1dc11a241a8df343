"""Named refusals: how a service says no, in Vietnamese and English, and what to do next.

A refusal is an answer, not a failure: the caller can do something about it. Its class name crosses
the wire as ``exc_type``; its text as ``value``. Pure standard library, so that a domain may raise one.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any, ClassVar

DEFAULT_LANGUAGE = "vi"


class Refusal(Exception):
    """One named way to say no.

    Subclasses give ``vi``/``en`` (what is wrong) and ``todo_vi``/``todo_en`` (what to do), as
    ``str.format`` templates over the keyword facts the refusal was raised with.
    """

    vi: ClassVar[str] = "Yêu cầu không được chấp nhận."
    en: ClassVar[str] = "The request was refused."
    todo_vi: ClassVar[str] = ""
    todo_en: ClassVar[str] = ""

    def __init__(self, **facts: object) -> None:
        self.facts: dict[str, Any] = facts  # JSON, of its own names for every refusal
        super().__init__(self.text(DEFAULT_LANGUAGE))

    @property
    def name(self) -> str:
        """The name callers see as ``exc_type``."""
        return type(self).__name__

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        """What is wrong and what to do, in ``language`` (``vi`` or ``en``)."""
        wrong, todo = (self.en, self.todo_en) if language == "en" else (self.vi, self.todo_vi)
        return " ".join(with_facts(part, self.facts) for part in (wrong, todo) if part)


def with_facts(template: str, facts: Mapping[str, object]) -> str:
    """The template over the facts; a fact that ends its sentence itself brings no second full stop."""
    parts = list(Formatter().parse(template))
    following = [*(literal for literal, *_ in parts[1:]), ""]
    sentence = ""
    for (literal, name, spec, _), after in zip(parts, following, strict=True):
        fact = format(_Facts(facts)[name], spec or "") if name else ""
        ends_twice = after.startswith(".") and fact.endswith(".") and not fact.endswith("..")
        sentence += literal + (fact.removesuffix(".") if ends_twice else fact)
    return sentence


class _Facts(dict[str, object]):
    """Facts for a template; one that was not given shows as a dash instead of breaking the refusal.

    ``reason_en`` falls back on ``reason``: what reads alike in both languages is given once.
    """

    def __missing__(self, key: str) -> object:
        return self[key.removesuffix("_en")] if key.endswith("_en") else "–"


class NotFound(Refusal):
    """Nothing of that kind is there, or not for this caller."""

    vi = "Không tìm thấy."
    en = "Not found."
    todo_vi = "Kiểm tra lại mã đã gửi."
    todo_en = "Check the identifier you sent."


class AgencyUnknown(NotFound):
    """No agency of that code on that day."""

    vi = "Không có cơ quan mã {code} vào ngày {day}."
    en = "No agency had the code {code} on {day}."
    todo_vi = "Xem danh sách bằng catalog.agencies."
    todo_en = "List them with catalog.agencies."


class Unauthenticated(Refusal):
    """No token, or one that does not hold."""

    vi = "Chưa đăng nhập hoặc phiên đăng nhập không còn hiệu lực ({reason})."
    en = "Not signed in, or the session is no longer valid ({reason_en})."
    todo_vi = "Hãy đăng nhập lại và gửi kèm access token."
    todo_en = "Sign in again and send the access token."


class Forbidden(Refusal):
    """A role, or a relation to the thing, is missing."""

    vi = "Không có quyền thực hiện việc này: {reason}."
    en = "Not permitted: {reason_en}."
    todo_vi = "Dùng tài khoản có vai trò phù hợp hoặc liên hệ cơ quan phụ trách."
    todo_en = "Use an account with the right role, or contact the agency in charge."


class InvalidRequest(Refusal):
    """The arguments do not fit the contract.

    ``problems``: list of ``{"pointer": RFC 6901 pointer, "problem": text}``, or with ``vi`` and ``en`` in
    place of ``problem``.
    """

    vi = "Yêu cầu không đúng quy cách: {shown}."
    en = "The request does not fit the contract: {shown}."
    todo_vi = "Sửa các trường được nêu rồi gửi lại."
    todo_en = "Correct the fields named and send again."
    MOST_PROBLEMS = 10  # problems named in the text; all are in the facts

    def __init__(self, problems: list[dict[str, str]], **facts: object) -> None:
        self.problems = problems
        super().__init__(problems=problems, **facts)

    @classmethod
    def at(cls, pointer: str, vi: str, en: str | None = None) -> InvalidRequest:
        """One problem at one JSON pointer; the text may differ per language."""
        return cls([{"pointer": pointer, "vi": vi, "en": en or vi}])

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        listed = [
            f"{fact['pointer'] or '/'}: {fact.get(language) or fact.get('problem') or fact.get('vi')}"
            for fact in self.problems
        ]
        wrong, todo = (self.en, self.todo_en) if language == "en" else (self.vi, self.todo_vi)
        return f"{with_facts(wrong, {'shown': '; '.join(listed[: self.MOST_PROBLEMS])})} {todo}"


class CommandIdReused(Refusal):
    """The same command id came with other arguments (or for another command)."""

    vi = "Mã lệnh {command_id} đã được dùng cho một yêu cầu khác."
    en = "Command id {command_id} was already used for another request."
    todo_vi = "Tạo một command_id (UUID) mới cho mỗi yêu cầu mới."
    todo_en = "Make a new command_id (UUID) for each new request."


class VersionConflict(Refusal):
    """The caller's ``expected_version`` is no longer current."""

    vi = "Dữ liệu đã thay đổi: phiên bản mong đợi {expected}, hiện tại {current}."
    en = "The data has changed: expected version {expected}, current {current}."
    todo_vi = "Tải lại rồi thực hiện lại trên phiên bản hiện tại."
    todo_en = "Load it again and repeat on the current version."


class ServiceUnavailable(Refusal):
    """A part of the platform did not answer in time; nothing was half-done by this call."""

    vi = "Dịch vụ {service} tạm thời không trả lời."
    en = "The {service} service is not answering at the moment."
    todo_vi = "Thử lại sau ít phút với cùng command_id."
    todo_en = "Try again in a few minutes with the same command_id."


class TooManyRequests(Refusal):
    """All places of a costly door are taken; nothing was looked at. Facts: ``seconds``."""

    vi = "Hệ thống đang nhận quá nhiều yêu cầu loại này."
    en = "Too many requests of this kind are being served."
    todo_vi = "Thử lại sau {seconds} giây với cùng command_id."
    todo_en = "Try again in {seconds} seconds with the same command_id."


class DeadlineExceeded(Refusal):
    """The caller had stopped waiting before work began; nothing was done."""

    vi = "Yêu cầu đã quá thời hạn chờ trước khi được xử lý."
    en = "The request's deadline had passed before it was handled."
    todo_vi = "Gửi lại với cùng command_id."
    todo_en = "Send it again with the same command_id."


class InternalFailure(Exception):
    """What a caller sees of a failure: no detail but the call id to quote."""

    def __init__(self, call_id: str, language: str = DEFAULT_LANGUAGE) -> None:
        if language == "en":
            text = (
                f"Something failed on our side; quote {call_id} when you report it. Try again with the same command_id."
            )
        else:
            text = f"Hệ thống gặp lỗi; khi báo lỗi hãy nêu mã {call_id}. Có thể thử lại với cùng command_id."
        super().__init__(text)


class Forwarded(Refusal):
    """A neighbour's refusal, passed on under its own name and text."""

    def __init__(self, remote_name: str, remote_text: str) -> None:
        self.remote_name = remote_name
        self.remote_text = remote_text
        super().__init__(remote_name=remote_name)

    @property
    def name(self) -> str:
        return self.remote_name

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        return getattr(self, "remote_text", "")


class RemoteRefusal(Exception):
    """A refusal on its way out. Its class is renamed to the refusal's name, for ``exc_type``."""

    def __init__(self, text: str, facts: Mapping[str, object]) -> None:
        super().__init__(text, facts)

    def __str__(self) -> str:
        return str(self.args[0])


def as_remote(refusal: Refusal, language: str) -> RemoteRefusal:
    named: type[RemoteRefusal] = type(refusal.name, (RemoteRefusal,), {"__module__": RemoteRefusal.__module__})
    return named(refusal.text(language), refusal.facts)


def supported_language(language: object) -> str:
    """The language an answer is given in: ``en`` where it was asked for, else Vietnamese."""
    return "en" if str(language).lower().startswith("en") else DEFAULT_LANGUAGE
