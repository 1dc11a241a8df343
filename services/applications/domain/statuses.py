"""The statuses an application can have, and the code the national portal knows each by."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The status of an application."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    INTAKE_REFUSED = "intake_refused"
    IN_PROCESSING = "in_processing"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    PAYMENT_REQUESTED = "payment_requested"
    WITHDRAWAL_REQUESTED = "withdrawal_requested"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    APPROVED = "approved"
    REJECTED = "rejected"
    RESULT_RETURNED = "result_returned"


# Code list of the national public service portal (mã trạng thái hồ sơ 1-10); drafts are not known there.
OFFICIAL_CODE: dict[Status, int | None] = {
    Status.DRAFT: None,
    Status.SUBMITTED: 1,
    Status.ACCEPTED: 2,
    Status.INTAKE_REFUSED: 3,
    Status.IN_PROCESSING: 4,
    Status.SUPPLEMENT_REQUESTED: 5,
    Status.PAYMENT_REQUESTED: 6,
    Status.WITHDRAWAL_REQUESTED: 7,
    Status.WITHDRAWN: 8,
    Status.STOPPED: 8,
    Status.APPROVED: 9,
    Status.REJECTED: 9,
    Status.RESULT_RETURNED: 10,
}

NAMES: dict[Status, dict[str, str]] = {
    Status.DRAFT: {"vi": "Bản nháp", "en": "Draft"},
    Status.SUBMITTED: {"vi": "Mới đăng ký", "en": "Submitted"},
    Status.ACCEPTED: {"vi": "Được tiếp nhận", "en": "Accepted"},
    Status.INTAKE_REFUSED: {"vi": "Không được tiếp nhận", "en": "Intake refused"},
    Status.IN_PROCESSING: {"vi": "Đang xử lý", "en": "In processing"},
    Status.SUPPLEMENT_REQUESTED: {"vi": "Yêu cầu bổ sung giấy tờ", "en": "Supplement requested"},
    Status.PAYMENT_REQUESTED: {"vi": "Yêu cầu thực hiện nghĩa vụ tài chính", "en": "Payment requested"},
    Status.WITHDRAWAL_REQUESTED: {"vi": "Công dân yêu cầu rút hồ sơ", "en": "Withdrawal requested"},
    Status.WITHDRAWN: {"vi": "Đã rút hồ sơ", "en": "Withdrawn"},
    Status.STOPPED: {"vi": "Dừng xử lý", "en": "Stopped"},
    Status.APPROVED: {"vi": "Đã xử lý xong: chấp thuận", "en": "Approved"},
    Status.REJECTED: {"vi": "Đã xử lý xong: từ chối", "en": "Rejected"},
    Status.RESULT_RETURNED: {"vi": "Đã trả kết quả", "en": "Result returned"},
}

FINAL = frozenset({Status.INTAKE_REFUSED, Status.WITHDRAWN, Status.STOPPED, Status.RESULT_RETURNED})
UNDECIDED_ENDS = frozenset({Status.INTAKE_REFUSED, Status.WITHDRAWN, Status.STOPPED})
WAITING = frozenset({Status.SUPPLEMENT_REQUESTED, Status.PAYMENT_REQUESTED, Status.WITHDRAWAL_REQUESTED})


def official_code(status: str) -> int | None:
    """The national portal's code 1-10 of a status; None for a draft."""
    return OFFICIAL_CODE[Status(status)]
