"""How the catalogue says no."""

from __future__ import annotations

from infra.chassis.refusals import AgencyUnknown, NotFound, Refusal
from infra.fees.refusals import ChannelNotOffered, ChoiceMissing

__all__ = ["AgencyUnknown", "ChannelNotOffered", "ChoiceMissing"]  # everybody's, and of the library that quotes


class ProcedureNotFound(NotFound):
    """No such code, or no version of it in force on that day."""

    vi = "Không có thủ tục {code}{detail}."
    en = "There is no procedure {code}{detail_en}."
    todo_vi = "Tìm thủ tục bằng catalog.search hoặc xem các phiên bản bằng catalog.versions."
    todo_en = "Find it with catalog.search, or list its versions with catalog.versions."


class DraftNotFound(NotFound):
    """Nobody is writing that procedure."""

    vi = "Không có bản thảo của thủ tục {code}."
    en = "There is no draft of {code}."
    todo_vi = "Xem các bản thảo bằng catalog.drafts; lưu bản thảo mới bằng catalog.save_draft."
    todo_en = "List the drafts with catalog.drafts; save a new one with catalog.save_draft."


class VersionsOverlap(Refusal):
    """Two versions of one procedure would be in force on the same day."""

    vi = "Phiên bản {version} của thủ tục {code} đã có hiệu lực từ {effective_from}; mỗi ngày chỉ có một phiên bản."
    en = "Version {version} of {code} is already in force from {effective_from}; two versions may not share a day."
    todo_vi = "Chọn một ngày có hiệu lực khác."
    todo_en = "Choose another first day."


class NotInForce(Refusal):
    """There is nothing to retire after that day."""

    vi = "Thủ tục {code} không có phiên bản nào còn hiệu lực sau ngày {day}."
    en = "{code} has no version in force after {day}."
    todo_vi = "Xem các phiên bản bằng catalog.versions."
    todo_en = "List the versions with catalog.versions."


class ApprovalNotPending(Refusal):
    """Only a version that waits for a second editor can be approved or declined."""

    vi = "Phiên bản {version} của thủ tục {code} không chờ phê duyệt (trạng thái: {state})."
    en = "Version {version} of {code} does not wait for approval (state: {state})."
    todo_vi = "Xem các phiên bản bằng catalog.versions."
    todo_en = "List the versions with catalog.versions."


class SameEditor(Refusal):
    """A change of fees needs two people."""

    vi = "Thay đổi phí, lệ phí phải do một người khác với người đề nghị phê duyệt."
    en = "A change of fees must be approved by another person than the one who proposed it."
    todo_vi = "Nhờ một biên tập viên khác phê duyệt."
    todo_en = "Ask another editor to approve it."


class WardsNotKnown(Refusal):
    """The commune list of that day is not held."""

    vi = "Danh mục xã, phường chỉ có từ ngày {since}."
    en = "Communes and wards are held from {since} on only."
    todo_vi = "Hỏi cho một ngày từ {since}."
    todo_en = "Ask for a day from {since} on."


class ProvinceNotFound(NotFound):
    """No province had that code on that day."""

    vi = "Không có tỉnh, thành phố mã {code} vào ngày {day}."
    en = "No province had the code {code} on {day}."
    todo_vi = "Xem danh sách bằng catalog.provinces."
    todo_en = "List them with catalog.provinces."


class OnlyInDevelopment(Refusal):
    """Sample data stays out of production."""

    vi = "Danh mục mẫu chỉ dùng trong môi trường development."
    en = "The sample catalogue is there in development only."
    todo_vi = "Nhập danh mục thật bằng catalog.import_procedures."
    todo_en = "Import the real catalogue with catalog.import_procedures."


class AgencyChangesLater(Refusal):
    """What is recorded of an agency for later days contradicts it."""

    vi = "Cơ quan {code} đã có thay đổi được ghi nhận từ ngày {valid_from}."
    en = "A change of {code} is already recorded from {valid_from}."
    todo_vi = "Xem các giai đoạn của cơ quan bằng catalog.agency rồi chọn ngày khác."
    todo_en = "See the agency's periods with catalog.agency and choose another day."


class DurationTooLong(Refusal):
    """The calendar cannot be counted that far."""

    vi = "Không tính được ngày hẹn trả: {reason}."
    en = "The due date cannot be counted: {reason_en}."
    todo_vi = "Kiểm tra thời hạn của thủ tục."
    todo_en = "Check the procedure's processing time."
