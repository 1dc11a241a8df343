"""The refusals of interchange: one class per refusal, with what to do next."""

from __future__ import annotations

from infra.chassis.refusals import NotFound, Refusal


class TargetNotFound(NotFound):
    vi = "Không có hệ thống nhận tên {target} trong INTERCHANGE_TARGETS."
    en = "There is no target {target} in INTERCHANGE_TARGETS."
    todo_vi = "Xem danh sách bằng targets."
    todo_en = "List them with targets."


class StreamNotAuthentic(Refusal):
    """What is stored was not recorded by this service; nothing is built on it."""

    vi = "Chuỗi sự kiện {application_id} có sự kiện (phiên bản {version}) không do dịch vụ này ghi: {why}."
    en = "The stream {application_id} has an event (version {version}) that this service did not record."
    todo_vi = "Báo cho người vận hành và kiểm toán. Không sửa gì trong cơ sở dữ liệu."
    todo_en = "Tell the operator and the auditors. Change nothing in the database."


class DossierNotFound(NotFound):
    vi = "Chưa nhận được hồ sơ {number} của {source}."
    en = "No dossier {number} of {source} has come."
    todo_vi = "Kiểm tra mã nguồn và số hồ sơ; tiến độ tới trước được giữ lại đến khi hồ sơ tới."
    todo_en = "Check the source and the number; progress that came first is held until the dossier comes."


class SenderUnknown(Refusal):
    vi = "Sai tên hoặc mật khẩu của hệ thống gửi."
    en = "The sender's name or secret is wrong."
    todo_vi = "Kiểm tra INTERCHANGE_SOURCES với đơn vị vận hành cổng."
    todo_en = "Check INTERCHANGE_SOURCES with whoever operates the portal."


class SessionEnded(Refusal):
    vi = "Phiên đã hết hạn hoặc không hợp lệ."
    en = "The session is over, or none."
    todo_vi = "Đăng nhập lại rồi gửi lại; gửi lặp không gây hại."
    todo_en = "Sign in again and repeat the call; repeating does no harm."


class DocumentNotFound(NotFound):
    vi = "Không tìm thấy văn bản {document}, hoặc văn bản không gửi cho cơ quan này."
    en = "There is no document {document}, or it was not sent to this agency."
    todo_vi = "Xem văn bản đi, đến bằng documents."
    todo_en = "List what was sent and received with documents."


class AttachmentNotFound(NotFound):
    vi = "Văn bản không có tệp {attachment_id}."
    en = "The document has no file {attachment_id}."
    todo_vi = "Xem danh sách tệp bằng document."
    todo_en = "List its files with document."


class DocumentNumberUsed(Refusal):
    vi = "Số, ký hiệu {code} đã dùng cho một văn bản có nội dung khác."
    en = "The number {code} was used for a document that says something else."
    todo_vi = "Cập nhật, thay thế văn bản đã gửi, hoặc dùng số khác."
    todo_en = "Update or replace the document that was sent, or use another number."


class ResendLimitReached(Refusal):
    vi = "Văn bản {code} đã gửi {most} lần cho cơ quan {agency_code} và đều bị từ chối."
    en = "The document {code} was sent {most} times to the agency {agency_code} and refused each time."
    todo_vi = "Bỏ cơ quan này khỏi danh sách nhận, hoặc gửi văn bản khác."
    todo_en = "Leave this agency out, or send another document."


class TransitionNotAllowed(Refusal):
    vi = "Văn bản đang ở trạng thái {status} tại cơ quan {agency_code} (yêu cầu đang chờ: {pending}), không thể {act}."
    en = "The document is {status} at the agency {agency_code} (request that waits: {pending}): {act} is not allowed."
    todo_vi = "Có thể: {allowed}."
    todo_en = "Allowed: {allowed}."


class EdxmlUnreadable(Refusal):
    vi = "Gói tin edXML không đọc được: {why}."
    en = "The edXML packet cannot be read: {why_en}."
    todo_vi = "Sửa gói tin theo QCVN 102:2016/BTTTT rồi gửi lại."
    todo_en = "Mend the packet by QCVN 102:2016/BTTTT and send it again."


class EdxmlNotGenuine(Refusal):
    vi = "Gói tin edXML không chứng minh được là của cơ quan {agency_code}: {why}."
    en = "The edXML packet cannot be shown to be of the agency {agency_code}: {why_en}."
    todo_vi = "Ký gói tin bằng chứng thư đã đăng ký trong INTERCHANGE_EDXML_CERTIFICATES."
    todo_en = "Sign it with the certificate that INTERCHANGE_EDXML_CERTIFICATES has."
