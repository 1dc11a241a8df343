"""How the applications service says no, by name."""

from __future__ import annotations

from infra.chassis import refusals
from infra.chassis.refusals import (
    CommandIdReused,
    InvalidRequest,
    NotFound,
    Refusal,
    ServiceUnavailable,
    VersionConflict,
)

__all__ = [
    "AlreadyErased",
    "AppealNotPending",
    "AppealPending",
    "AppealTooLate",
    "ApplicationNotFound",
    "ApproverIsProposer",
    "AttachmentNotFound",
    "ChannelNotOffered",
    "CommandIdReused",
    "ConsultationNotFound",
    "DeciderDecidesAppeal",
    "DeliveryNotOffered",
    "ErasureNeedsTwoPersons",
    "ErasureNotFound",
    "FeeNotPaid",
    "FileInfected",
    "FileNotScanned",
    "Forbidden",
    "HistoryDoesNotHold",
    "HistoryNotAuthentic",
    "InvalidRequest",
    "NoProposal",
    "NotAnOfficer",
    "NotAssigned",
    "NotExtendable",
    "NotFound",
    "NotSealedYet",
    "NothingOwed",
    "NothingSealed",
    "OwnCase",
    "PersonErased",
    "ReadModelBehind",
    "Refusal",
    "ScannerUnavailable",
    "ServiceLevelTooLow",
    "ServiceUnavailable",
    "SubmissionIncomplete",
    "TooMuchToVerify",
    "TransitionNotAllowed",
    "VersionConflict",
]


class Forbidden(refusals.Forbidden):
    """A role, or a relation to the application, is missing; the reason in both languages."""

    en = "Not permitted: {reason_en}."

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(reason=vi, reason_en=en)


class ApplicationNotFound(NotFound):
    vi = "Không tìm thấy hồ sơ {application_id}."
    en = "Application {application_id} was not found."
    todo_vi = "Kiểm tra lại mã hồ sơ; hồ sơ của người khác hoặc cơ quan khác không hiển thị."
    todo_en = "Check the identifier; applications of other people or agencies are not shown."


class AttachmentNotFound(NotFound):
    vi = "Hồ sơ không có giấy tờ {attachment_id}."
    en = "The application has no attachment {attachment_id}."
    todo_vi = "Tải lại hồ sơ để xem danh sách giấy tờ hiện có."
    todo_en = "Load the application again to see its attachments."


class FileInfected(Refusal):
    """The scanner has found something in the file. Facts: ``signature``."""

    vi = "Tệp có mã độc ({signature})."
    en = "The file is infected ({signature})."
    todo_vi = "Quét và làm sạch thiết bị, tạo lại tệp từ bản gốc rồi nộp lại."
    todo_en = "Scan and clean your device, make the file anew from its source, and hand it in again."


class FileNotScanned(Refusal):
    """The file was taken while the scanner was away and stays closed until it is back."""

    vi = "Tệp đang chờ được quét mã độc."
    en = "The file is waiting to be scanned."
    todo_vi = "Thử lại sau ít phút."
    todo_en = "Try again in a few minutes."


class ScannerUnavailable(Refusal):
    """Files are not taken while they cannot be scanned; nothing was stored."""

    vi = "Hệ thống quét mã độc tạm thời không hoạt động nên chưa nhận được tệp."
    en = "The virus scanner is not answering at the moment, so files are not taken."
    todo_vi = "Thử lại sau ít phút với cùng command_id."
    todo_en = "Try again in a few minutes with the same command_id."


class ConsultationNotFound(NotFound):
    vi = "Không có yêu cầu lấy ý kiến {consultation_id} đang chờ cơ quan {agency_code} trả lời."
    en = "No consultation {consultation_id} is waiting for an answer of agency {agency_code}."
    todo_vi = "Kiểm tra mã yêu cầu lấy ý kiến; mỗi yêu cầu chỉ trả lời một lần."
    todo_en = "Check the identifier; each consultation is answered once."


class ErasureNotFound(NotFound):
    vi = "Không có yêu cầu xóa dữ liệu {erasure_id}."
    en = "There is no erasure {erasure_id}."


class TransitionNotAllowed(Refusal):
    vi = "Hồ sơ đang ở trạng thái «{status}» nên không thể thực hiện «{command}» ({source} → {target})."
    en = "The application is in status {status}, which does not allow {command} ({source} → {target})."
    todo_vi = "Các bước được phép lúc này: {allowed}."
    todo_en = "Allowed now: {allowed}."


class SubmissionIncomplete(InvalidRequest):
    """The form does not fit its schema, or required papers are missing; pointers into /answers and /attachments."""

    vi = "Hồ sơ chưa đầy đủ: {shown}."
    en = "The application is not complete: {shown}."
    todo_vi = "Bổ sung các mục được nêu rồi nộp lại."
    todo_en = "Complete the items named and submit again."


class ChannelNotOffered(Refusal):
    vi = "Thủ tục {procedure_code} không tiếp nhận qua kênh «{channel}»."
    en = "Procedure {procedure_code} is not offered through channel {channel}."
    todo_vi = "Các kênh tiếp nhận: {offered}."
    todo_en = "Channels offered: {offered}."


class ServiceLevelTooLow(Refusal):
    vi = "Thủ tục ở mức độ {level}; việc này cần mức độ {needed}."
    en = "The procedure is offered at level {level}; this needs level {needed}."
    todo_vi = "Thực hiện trực tiếp tại bộ phận một cửa."
    todo_en = "Do it at the office's one-stop desk."


class DeliveryNotOffered(ServiceLevelTooLow):
    """Online or postal return of a result below level 4."""


class FeeNotPaid(Refusal):
    vi = "Còn phí, lệ phí chưa nộp ({owed}) phải thu trước bước này."
    en = "A fee collected before this step is not paid yet ({owed})."
    todo_vi = "Nộp hoặc ghi nhận thanh toán rồi thực hiện lại."
    todo_en = "Pay it, or record the payment, and try again."


class NothingOwed(Refusal):
    vi = "Hồ sơ không còn khoản nào phải nộp."
    en = "Nothing is owed for this application."
    todo_vi = "Nêu số tiền (amount) nếu phát sinh nghĩa vụ tài chính mới."
    todo_en = "Give an amount if a new financial duty has arisen."


class OwnCase(Refusal):
    """Conflict of interest: a party to an application does not handle it, nor read it as staff."""

    vi = "Cán bộ là người nộp, người được ủy quyền hoặc người đại diện của hồ sơ này nên không được giải quyết hồ sơ."
    en = "Whoever is applicant, delegate or representative of an application does not handle it as an official."
    todo_vi = "Chuyển hồ sơ cho một cán bộ khác không có xung đột lợi ích."
    todo_en = "Hand it to another official who has no conflict of interest."


class NotAnOfficer(Refusal):
    vi = "Tài khoản {officer_id} không giữ chức trách giải quyết hồ sơ tại cơ quan {agency_code}."
    en = "Account {officer_id} holds no post of an officer at agency {agency_code}."
    todo_vi = "Chọn một cán bộ đã được phân công chức trách tại cơ quan."
    todo_en = "Choose somebody who is appointed as an officer of the agency."


class NotAssigned(Refusal):
    vi = "Chỉ chuyên viên được phân công mới được đề xuất kết quả."
    en = "Only the officer the application is assigned to may propose an outcome."
    todo_vi = "Phân công lại hồ sơ nếu cần."
    todo_en = "Assign the application first."


class NoProposal(Refusal):
    vi = "Chưa có đề xuất kết quả phù hợp để quyết định."
    en = "There is no proposal to decide on."
    todo_vi = "Chuyên viên được phân công cần đề xuất trước."
    todo_en = "The assigned officer has to propose first."


class ApproverIsProposer(Refusal):
    vi = "Người phê duyệt không được là người đã đề xuất."
    en = "The approver may not be the person who proposed."
    todo_vi = "Chuyển cho lãnh đạo khác quyết định."
    todo_en = "Have another approver decide."


class DeciderDecidesAppeal(Refusal):
    vi = "Người đã ra quyết định bị khiếu nại không được giải quyết khiếu nại."
    en = "Whoever took the decision appealed against may not decide the appeal."
    todo_vi = "Chuyển cho lãnh đạo khác giải quyết."
    todo_en = "Have another approver decide it."


class AppealTooLate(Refusal):
    vi = "Đã quá thời hạn khiếu nại {days} ngày kể từ {since}."
    en = "The {days} days for an appeal since {since} have passed."


class AppealPending(Refusal):
    vi = "Đang có khiếu nại chờ giải quyết."
    en = "An appeal is already pending."
    todo_vi = "Chờ kết quả giải quyết khiếu nại trước."
    todo_en = "Wait for its outcome first."


class AppealNotPending(Refusal):
    vi = "Không có khiếu nại nào đang chờ giải quyết."
    en = "No appeal is pending."


class NotExtendable(Refusal):
    vi = "Không gia hạn được: {why_vi}."
    en = "Cannot be extended: {why_en}."


class ReadModelBehind(Refusal):
    vi = "Dữ liệu tra cứu chưa cập nhật tới phiên bản {wanted} (hiện {current})."
    en = "The read model has not reached version {wanted} yet (now {current})."
    todo_vi = "Thử lại sau giây lát."
    todo_en = "Try again in a moment."


class ErasureNeedsTwoPersons(Refusal):
    vi = "Xóa dữ liệu cần hai người: người xác nhận phải khác người yêu cầu."
    en = "Erasure needs two persons: whoever confirms must not be whoever asked."
    todo_vi = "Nhờ kiểm toán viên khác gọi lại với cùng tài khoản và căn cứ pháp lý."
    todo_en = "Have another auditor call it again with the same account and legal basis."


class AlreadyErased(Refusal):
    vi = "Dữ liệu cá nhân của hồ sơ này đã bị xóa."
    en = "The personal data of this application has been erased."


class PersonErased(Refusal):
    """The account is being erased or has been; its access token may run on for some minutes."""

    vi = "Dữ liệu cá nhân của tài khoản này đã được xóa."
    en = "The personal data of this account has been erased."
    todo_vi = "Muốn nộp hồ sơ mới, hãy đăng ký tài khoản mới."
    todo_en = "To file a new application, register a new account."


class NothingSealed(NotFound):
    vi = "Chưa có sự kiện nào được niêm phong."
    en = "Nothing has been sealed yet."
    todo_vi = "Thử lại sau vài giây; nếu vẫn vậy, kiểm tra tiến trình theo dõi của dịch vụ hồ sơ."
    todo_en = "Try again in a few seconds; if it stays so, look after the follower of the applications service."


class NotSealedYet(NotFound):
    vi = "Sự kiện {notification_id} của hồ sơ chưa được niêm phong."
    en = "Event {notification_id} of the application is not sealed yet."
    todo_vi = "Thử lại sau vài giây."
    todo_en = "Try again in a few seconds."


class HistoryDoesNotHold(Refusal):
    """What is stored is not what was sealed, so it is not authenticated either."""

    vi = "Kho không khớp nhật ký đã niêm phong nên không sự kiện nào được ký: {place}."
    en = "The store is not what was sealed, so no event is signed: {place}."
    todo_vi = "Chạy portal verify, giữ nguyên hiện trạng và báo cho kiểm toán."
    todo_en = "Run portal verify, change nothing, and call the auditors."


class HistoryNotAuthentic(Refusal):
    """What is stored was not recorded by this service; nothing is built on it."""

    vi = "Lịch sử hồ sơ {application_id} có sự kiện (phiên bản {version}) không do dịch vụ này ghi: {why}."
    en = (
        "The history of application {application_id} has an event (version {version}) that this service did not record."
    )
    todo_vi = "Báo cho người vận hành và kiểm toán; portal verify chỉ ra sự kiện. Không sửa gì trong cơ sở dữ liệu."
    todo_en = "Tell the operator and the auditors; portal verify locates the event. Change nothing in the database."


class TooMuchToVerify(Refusal):
    """Checking the whole store takes longer than a caller waits."""

    vi = "Kho có {events} sự kiện; một lần gọi chỉ kiểm tra được {at_once}."
    en = "The store has {events} events; one call checks up to {at_once}."
    todo_vi = (
        "Chạy portal verify cạnh cơ sở dữ liệu (có báo tiến độ), hoặc dùng verifier.py kiểm chứng nhật ký đã công bố; "
        "bằng chứng của từng hồ sơ (evidence) vẫn kiểm chứng được ngay."
    )
    todo_en = (
        "Run portal verify beside the database (it shows its progress), or verifier.py over the published log; "
        "the evidence of a single application still verifies at once."
    )
