"""The refusals of payments: one class per refusal, with what to do next."""

from __future__ import annotations

from infra.chassis.refusals import NotFound, Refusal


class PaymentNotFound(NotFound):
    vi = "Không tìm thấy giao dịch thanh toán {payment_id}."
    en = "There is no payment {payment_id}."


class RefundNotFound(NotFound):
    vi = "Không tìm thấy yêu cầu hoàn tiền {refund_id}."
    en = "There is no refund {refund_id}."


class WaiverNotFound(NotFound):
    vi = "Không tìm thấy đề nghị miễn phí, lệ phí {waiver_id}."
    en = "There is no request for a waiver {waiver_id}."


class StatementNotFound(NotFound):
    vi = "Không tìm thấy sao kê {reconciliation_id}."
    en = "There is no statement {reconciliation_id}."


class StatementOutdated(Refusal):
    """What the statement would book is not what its request said: something was paid, refunded or booked since."""

    vi = "Sao kê {reconciliation_id} không còn khớp với sổ sách như lúc đề nghị."
    en = "Statement {reconciliation_id} would not book any more what its request said."
    todo_vi = "Từ chối đề nghị này rồi đối soát lại (reconcile)."
    todo_en = "Decline this request and reconcile again."


class SuspenseNotFound(NotFound):
    vi = "Dòng sao kê {line_id} không có khoản tiền nào đang chờ xác định người nộp."
    en = "Statement line {line_id} holds no money that waits for its payer."
    todo_vi = "Xem các khoản đang chờ bằng suspense()."
    todo_en = "See suspense() for what waits."


class AssignmentNotFound(NotFound):
    vi = "Không tìm thấy đề nghị ghi nhận khoản tiền {assignment_id}."
    en = "There is no request {assignment_id} to assign money."


class SuspenseChanged(Refusal):
    """The money was assigned, or explained by a statement or a notice, since the request was made."""

    vi = "Khoản tiền của dòng sao kê {line_id} không còn như lúc đề nghị."
    en = "The money of statement line {line_id} is not what it was when the request was made."
    todo_vi = "Từ chối đề nghị này rồi xem lại suspense()."
    todo_en = "Decline this request and look at suspense() again."


class OwnCase(Refusal):
    """Conflict of interest: a party to an application does not handle its money, nor look at it as an official."""

    vi = "Cán bộ là người nộp, người được ủy quyền hoặc người đại diện của hồ sơ này nên không được xử lý khoản thu."
    en = "Whoever is applicant, delegate or representative of an application does not handle its money as an official."
    todo_vi = "Chuyển cho một cán bộ khác không có xung đột lợi ích."
    todo_en = "Hand it to another official who has no conflict of interest."


class GatewayNotFound(NotFound):
    vi = "Cổng thanh toán {gateway} không được cấu hình."
    en = "No payment gateway {gateway} is set up here."
    todo_vi = "Kiểm tra tên cổng thanh toán trong đường dẫn gọi lại."
    todo_en = "Check the gateway's name in the call-back address."


class LedgerAccountNotFound(NotFound):
    vi = "Sổ cái không có tài khoản {account}."
    en = "The ledger has no account {account}."
    todo_vi = "Xem danh sách tài khoản trong bảng cân đối (trial_balance)."
    todo_en = "See trial_balance for the accounts there are."


class TransitionNotAllowed(Refusal):
    vi = "Trạng thái «{from_status}» không cho phép chuyển sang «{to_status}»."
    en = "Status '{from_status}' does not allow a move to '{to_status}'."
    todo_vi = "Các bước được phép: {allowed}."
    todo_en = "Allowed from here: {allowed}."


class NotYetSubmitted(Refusal):
    vi = "Hồ sơ {application_id} chưa nộp nên chưa có khoản phí, lệ phí nào."
    en = "Application {application_id} has not been submitted, so nothing is owed yet."
    todo_vi = "Nộp hồ sơ rồi thanh toán."
    todo_en = "Submit the application, then pay."


class NothingOwed(Refusal):
    vi = "Hồ sơ {application_id} không có khoản phí, lệ phí phải nộp."
    en = "Nothing is owed for application {application_id}."
    todo_vi = "Không cần thanh toán."
    todo_en = "No payment is needed."


class AlreadyPaid(Refusal):
    vi = "Phí, lệ phí của hồ sơ {application_id} đã được nộp đủ."
    en = "The fees of application {application_id} have been paid in full."
    todo_vi = "Xem biên lai bằng receipt(payment_id)."
    todo_en = "See the receipt with receipt(payment_id)."


class PaymentInProgress(Refusal):
    vi = "Hồ sơ đang có giao dịch {payment_id} chờ thanh toán đến {expires_at}."
    en = "Payment {payment_id} is still open until {expires_at}."
    todo_vi = "Hoàn tất hoặc hủy giao dịch đó trước."
    todo_en = "Complete it or cancel it first."


class OnlinePaymentNotOffered(Refusal):
    vi = "Thủ tục ở mức độ {level}: nộp phí, lệ phí tại cơ quan, không thanh toán trực tuyến."
    en = "This procedure is at service level {level}: fees are paid at the office, not online."
    todo_vi = "Nộp trực tiếp tại bộ phận một cửa {agency_code}."
    todo_en = "Pay at the one-stop desk of {agency_code}."


class ReturnUrlNotAllowed(Refusal):
    vi = "Không thể đưa người nộp về {origin}: đó không phải trang của Cổng."
    en = "The payer cannot be sent back to {origin}: it is no page of the portal."
    todo_vi = "Dùng địa chỉ của một giao diện đã đăng ký (PAYMENT_RETURN_ORIGINS), hoặc bỏ return_url."
    todo_en = "Take an address of a registered front end (PAYMENT_RETURN_ORIGINS), or leave return_url out."


class CurrencyNotAccepted(Refusal):
    vi = "Không thanh toán trực tuyến bằng {currency}; chỉ nhận VND."
    en = "Online payment in {currency} is not accepted; only VND is."
    todo_vi = "Nộp trực tiếp tại cơ quan {agency_code}."
    todo_en = "Pay at the office {agency_code}."


class MethodNotAvailable(Refusal):
    vi = "Hình thức thanh toán «{method}» chưa được cấu hình, hoặc không nhận số tiền này."
    en = "Payment method '{method}' is not set up here, or does not take this amount."
    todo_vi = "Chọn một trong: {available}."
    todo_en = "Choose one of: {available}."


class AmountDiffers(Refusal):
    vi = "Số tiền {given} khác số phải nộp {owed}."
    en = "The amount {given} differs from what is owed, {owed}."
    todo_vi = "Thu đúng số phải nộp (xem demands)."
    todo_en = "Take exactly what is owed (see demands)."


class ReceiptBookNumberUsed(Refusal):
    vi = "Số biên lai giấy {receipt_book_number} đã được ghi cho một khoản thu khác tại {agency_code}."
    en = "Receipt book number {receipt_book_number} is already recorded for other money at {agency_code}."
    todo_vi = "Kiểm tra lại số trên quyển biên lai."
    todo_en = "Check the number in the receipt book."


class NotPaidYet(Refusal):
    vi = "Giao dịch {payment_id} chưa hoàn tất (trạng thái «{status}»), chưa có biên lai."
    en = "Payment {payment_id} is not settled (status '{status}'), so there is no receipt."
    todo_vi = "Chờ cổng thanh toán xác nhận."
    todo_en = "Wait for the gateway to confirm."


class RefundAvailableChanged(Refusal):
    vi = "Số tiền còn có thể hoàn là {current}, không phải {expected}."
    en = "What can be refunded is {current}, not {expected}."
    todo_vi = "Xem lại giao dịch rồi yêu cầu hoàn tiền theo số hiện tại."
    todo_en = "Look at the payment again and repeat with the present figure."


class RefundTooLarge(Refusal):
    vi = "Không thể hoàn {amount}: chỉ còn {current}."
    en = "{amount} cannot be refunded: only {current} is left."
    todo_vi = "Yêu cầu số tiền từ 1 đến số còn lại."
    todo_en = "Ask for an amount between 1 and what is left."


class SecondPersonNeeded(Refusal):
    vi = "Người yêu cầu không được tự duyệt hay từ chối yêu cầu của mình."
    en = "Whoever made a request may not decide on it."
    todo_vi = "Chuyển cho một người có thẩm quyền khác."
    todo_en = "Hand it to another authorised person."
