"""The words of a report, in Vietnamese and English."""

from __future__ import annotations

Words = dict[str, dict[str, str]]


def _both(pairs: dict[str, tuple[str, str]]) -> Words:
    return {key: {"vi": vi, "en": en} for key, (vi, en) in pairs.items()}


LABELS = _both(
    {
        "title": ("Quá trình giải quyết hồ sơ", "How the application was handled:"),
        "procedure": ("Thủ tục", "Procedure"),
        "receipt": ("Số tiếp nhận", "Receipt"),
        "agency": ("Cơ quan", "Agency"),
        "status": ("Trạng thái", "Status"),
        "submitted": ("Nộp", "Submitted"),
        "accepted": ("Tiếp nhận", "Accepted"),
        "promised": ("Hẹn trả ban đầu", "First promised for"),
        "due": ("Hạn trả kết quả", "Due"),
        "log": ("Nhật ký niêm phong", "Sealed in log"),
        "root": ("Gốc cây Merkle", "Merkle root"),
        "timeline": ("Hồ sơ ở đâu, bao lâu", "In whose hands, how long"),
        "events": ("Các sự kiện", "Events"),
        "when": ("Thời điểm", "When"),
        "what": ("Việc", "What"),
        "who": ("Người thực hiện", "By"),
        "note": ("Ghi chú", "Note"),
        "how_long": ("Thời gian", "How long"),
        "where": ("Nơi giữ hồ sơ", "In the hands of"),
        "from": ("Từ", "From"),
        "to": ("Đến", "To"),
        "more": ("sự kiện khác không in ở đây", "more events are not printed here"),
        "more_spans": ("chặng khác không vẽ ở đây", "more stretches are not drawn here"),
        "days": ("ngày", "d"),
        "hours": ("giờ", "h"),
        "minutes": ("phút", "min"),
        "office_hours": ("giờ hành chính", "office hours"),
        "paused_key": ("tạm dừng tính thời hạn", "clock paused"),
        "due_key": ("hạn trả kết quả", "due date"),
    }
)
HOLDERS = _both(
    {
        "citizen": ("Người nộp", "Applicant"),
        "paused": ("Người nộp (tạm dừng)", "Applicant (paused)"),
        "counter": ("Bộ phận một cửa", "One-stop desk"),
        "officer": ("Cơ quan giải quyết", "Office"),
        "over": ("Đã kết thúc", "Finished"),
    }
)
ROLE_NAMES = _both(
    {
        "citizen": ("Người dân", "Citizen"),
        "intake_officer": ("Cán bộ một cửa", "Intake officer"),
        "case_officer": ("Chuyên viên", "Case officer"),
        "approver": ("Lãnh đạo", "Approver"),
        "accountant": ("Kế toán", "Accountant"),
        "auditor": ("Kiểm toán", "Auditor"),
        "operator": ("Quản trị", "Operator"),
        "service": ("Hệ thống", "System"),
        "system": ("Hệ thống", "System"),
    }
)
KIND_NAMES = _both(
    {
        "Started": ("Tạo hồ sơ", "Started"),
        "AnswersSaved": ("Lưu tờ khai", "Answers saved"),
        "Attached": ("Đính kèm giấy tờ", "Paper attached"),
        "Detached": ("Gỡ giấy tờ", "Paper removed"),
        "Submitted": ("Nộp hồ sơ", "Submitted"),
        "Accepted": ("Tiếp nhận hồ sơ", "Accepted"),
        "IntakeRefused": ("Từ chối tiếp nhận", "Intake refused"),
        "SupplementRequested": ("Yêu cầu bổ sung", "Supplement requested"),
        "Supplemented": ("Đã bổ sung", "Supplemented"),
        "Assigned": ("Phân công xử lý", "Assigned"),
        "PaymentRequested": ("Yêu cầu thanh toán", "Payment requested"),
        "FeeSettled": ("Đã nộp phí, lệ phí", "Fee settled"),
        "ConsultationRequested": ("Lấy ý kiến", "Consultation requested"),
        "ConsultationAnswered": ("Đã trả lời ý kiến", "Consultation answered"),
        "DeadlineExtended": ("Gia hạn", "Deadline extended"),
        "WithdrawalRequested": ("Đề nghị rút hồ sơ", "Withdrawal requested"),
        "WithdrawalDeclined": ("Không chấp nhận rút hồ sơ", "Withdrawal declined"),
        "WithdrawnByApplicant": ("Đã rút hồ sơ", "Withdrawn"),
        "Stopped": ("Dừng giải quyết", "Stopped"),
        "OutcomeProposed": ("Đề xuất kết quả", "Outcome proposed"),
        "ProposalReturned": ("Trả lại đề xuất", "Proposal returned"),
        "Approved": ("Phê duyệt", "Approved"),
        "Rejected": ("Từ chối giải quyết", "Rejected"),
        "ResultReturned": ("Trả kết quả", "Result returned"),
        "Appealed": ("Khiếu nại", "Appealed"),
        "AppealDismissed": ("Bác khiếu nại", "Appeal dismissed"),
        "AppealUpheld": ("Chấp nhận khiếu nại", "Appeal upheld"),
        "DeliveryChosen": ("Chọn cách nhận kết quả", "Delivery chosen"),
        "Rated": ("Đánh giá", "Rated"),
        "SubjectErased": ("Xóa dữ liệu cá nhân", "Personal data erased"),
    }
)
STATUS_NAMES = _both(
    {
        "draft": ("Bản nháp", "Draft"),
        "submitted": ("Mới đăng ký", "Submitted"),
        "accepted": ("Được tiếp nhận", "Accepted"),
        "intake_refused": ("Không được tiếp nhận", "Intake refused"),
        "in_processing": ("Đang xử lý", "In processing"),
        "supplement_requested": ("Yêu cầu bổ sung giấy tờ", "Supplement requested"),
        "payment_requested": ("Yêu cầu thực hiện nghĩa vụ tài chính", "Payment requested"),
        "withdrawal_requested": ("Yêu cầu rút hồ sơ", "Withdrawal requested"),
        "withdrawn": ("Đã rút", "Withdrawn"),
        "stopped": ("Dừng xử lý", "Stopped"),
        "approved": ("Đã chấp thuận", "Approved"),
        "rejected": ("Đã từ chối", "Rejected"),
        "result_returned": ("Đã trả kết quả", "Result returned"),
    }
)
