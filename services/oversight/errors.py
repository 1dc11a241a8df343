"""The refusals of oversight: one class per refusal, with what to do next."""

from __future__ import annotations

from infra.chassis.refusals import NotFound, Refusal


class UnitNotFound(NotFound):
    vi = "Không có đơn vị {unit} trong {provinces} tỉnh, thành phố hoặc trong danh sách cơ quan."
    en = "There is no unit {unit} among {provinces} provinces or among the agencies."
    todo_vi = "Dùng VN (cả nước), mã tỉnh hai chữ số hoặc mã cơ quan."
    todo_en = "Use VN (the country), the two digits of a province, or the code of an agency."


class RuleSetNotFound(NotFound):
    vi = "Không có bộ quy tắc {rules} cho kỳ {period}."
    en = "There is no rule set {rules} for the period {period}."
    todo_vi = "Các bộ quy tắc hiện có: {available}."
    todo_en = "Rule sets there are: {available}."


class FigureNotFound(NotFound):
    vi = "Không có số liệu {figure}."
    en = "There is no figure {figure}."
    todo_vi = "Dùng khóa figure của một dòng trong report hoặc index."
    todo_en = "Use the figure key of a row of report or index."


class PeriodNotBegun(Refusal):
    """A figure of days that are still to come would only ever be a guess."""

    vi = "Kỳ {period} chưa bắt đầu tại thời điểm chốt số liệu {cut_off}."
    en = "The period {period} has not begun at the cut-off {cut_off}."
    todo_vi = "Chọn kỳ đã bắt đầu hoặc bỏ thời điểm chốt số liệu."
    todo_en = "Choose a period that has begun, or leave the cut-off out."


class FeedbackNotFound(NotFound):
    vi = "Không tìm thấy phản ánh, kiến nghị {feedback}."
    en = "There is no feedback {feedback}."
    todo_vi = "Kiểm tra mã phản ánh và mã tra cứu."
    todo_en = "Check the reference and the tracking code."


class TransitionNotAllowed(Refusal):
    vi = "Phản ánh {feedback_id} đang ở trạng thái {status}, không thể {act}. Có thể: {allowed}."
    en = "Feedback {feedback_id} is {status}: {act} is not allowed. Allowed: {allowed}."
    todo_vi = "Xem lại trạng thái của phản ánh rồi chọn thao tác được phép."
    todo_en = "Look at the feedback again and choose what is allowed."


class FindingNotFound(NotFound):
    vi = "Không có phát hiện {finding_id}."
    en = "There is no finding {finding_id}."
    todo_vi = "Xem danh sách bằng integrity."
    todo_en = "List them with integrity."


class DatasetNotFound(NotFound):
    vi = "Không có bộ dữ liệu {name} cho kỳ {period}."
    en = "There is no dataset {name} for the period {period}."
    todo_vi = "Xem danh sách bằng datasets; bộ dữ liệu theo kỳ cần kỳ, bộ khác thì không."
    todo_en = "List them with datasets; periodic ones need a period, the others take none."
