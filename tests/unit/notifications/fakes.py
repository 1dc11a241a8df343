"""Neighbours of notifications that answer from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.chassis.refusals import Forwarded

if TYPE_CHECKING:
    from services.notifications.clients import Contact


class Directory:
    """Stands in for identity: one citizen it knows, or none."""

    def __init__(
        self,
        language: str = "vi",
        email: str | None = "mau@example.vn",
        is_known: bool = True,
        phone: str | None = "+84901234567",
    ) -> None:
        self.language, self.email, self.is_known, self.phone = language, email, is_known, phone
        self.calls = 0

    def contact(self, *, account_id: str) -> Contact:
        self.calls += 1
        if not self.is_known:
            raise Forwarded("AccountNotFound", "Không tìm thấy tài khoản.")
        return {
            "account_id": account_id,
            "full_name": "Nguyễn Thị Mẫu",
            "email": self.email,
            "phone": self.phone,
            "language": self.language,
        }


class Catalogue:
    """Stands in for catalog: birth registration, or nothing."""

    def __init__(self, is_known: bool = True) -> None:
        self.is_known, self.calls = is_known, 0

    def procedure(self, *, code: str, version: int) -> dict[str, Any]:
        self.calls += 1
        if not self.is_known:
            raise Forwarded("ProcedureNotFound", "Không có thủ tục.")
        return {
            "code": code,
            "version": version,
            "title": {"vi": "Đăng ký khai sinh", "en": "Birth registration"},
            "requirements": [{"id": "giay-chung-sinh", "name": {"vi": "Giấy chứng sinh", "en": "Birth notification"}}],
            "form": {"properties": {"ho_ten": {"type": "string", "x-label": {"vi": "Họ và tên", "en": "Full name"}}}},
        }
