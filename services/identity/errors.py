"""How identity says no: named refusals with what to do next, in Vietnamese and English."""

from __future__ import annotations

from infra.chassis.refusals import Forbidden, InvalidRequest, NotFound, Refusal, Unauthenticated
from services.identity.eid_errors import (
    EidNotOffered,
    EidProviderUnavailable,
    EidSignInNotPending,
    EidSignInRefused,
)
from services.identity.single_sign_on_errors import (
    AuthorizationNotPending,
    AuthorizationRequestRefused,
    OpenIdClientNotFound,
    OpenIdClientNotPending,
    OpenIdConsentNotFound,
    SingleSignOnNotOffered,
    TokenRequestRefused,
)

__all__ = [
    "AuthorizationNotPending",
    "AuthorizationRequestRefused",
    "EidNotOffered",
    "EidProviderUnavailable",
    "EidSignInNotPending",
    "EidSignInRefused",
    "Forbidden",
    "InvalidRequest",
    "OpenIdClientNotFound",
    "OpenIdClientNotPending",
    "OpenIdConsentNotFound",
    "SingleSignOnNotOffered",
    "TokenRequestRefused",
    "Unauthenticated",
]


class SignInRefused(Unauthenticated):
    """Wrong user name, password or one-time code: deliberately one answer for all three."""

    vi = "Tên đăng nhập, mật khẩu hoặc mã xác thực không đúng."
    en = "The user name, password or one-time code is wrong."
    todo_vi = "Kiểm tra lại rồi đăng nhập lại; nhập sai nhiều lần sẽ phải chờ lâu hơn."
    todo_en = "Check them and sign in again; repeated failures make the wait longer."
    name = "Unauthenticated"


class RefreshRefused(Unauthenticated):
    """The refresh token is unknown, spent, expired or its session was ended."""

    vi = "Phiên đăng nhập đã kết thúc hoặc mã gia hạn không còn hiệu lực."
    en = "The session has ended or the refresh token no longer holds."
    todo_vi = "Hãy đăng nhập lại."
    todo_en = "Sign in again."
    name = "Unauthenticated"


class SessionEnded(Unauthenticated):
    """The session this access token came from was ended; the token would have run on a few minutes."""

    vi = "Phiên đăng nhập này đã kết thúc."
    en = "This session has ended."
    todo_vi = "Hãy đăng nhập lại."
    todo_en = "Sign in again."
    name = "Unauthenticated"


class SignInNotFresh(Unauthenticated):
    """How the account is guarded is changed only right after signing in."""

    vi = "Việc này chỉ làm được ngay sau khi đăng nhập."
    en = "This is possible only right after signing in."
    todo_vi = "Hãy đăng nhập lại rồi thực hiện trong vòng 10 phút."
    todo_en = "Sign in again, and do it within 10 minutes."
    name = "Unauthenticated"


class ClientRefused(Unauthenticated):
    """A service showed a client id or secret that does not hold."""

    vi = "Mã hoặc khóa bí mật của dịch vụ không đúng."
    en = "The client id or client secret is wrong."
    todo_vi = "Kiểm tra SERVICE_CLIENT_SECRET của dịch vụ rồi chạy lại lệnh bootstrap."
    todo_en = "Check the service's SERVICE_CLIENT_SECRET and run bootstrap again."
    name = "Unauthenticated"


class SignInDelayed(Refusal):
    """Too many failures for this user name; the delay doubles and ends by itself. Facts: ``seconds``."""

    vi = "Đăng nhập sai quá nhiều lần; cần chờ {seconds} giây."
    en = "Too many failed sign-ins; wait {seconds} seconds."
    todo_vi = "Thử lại sau thời gian trên. Các phiên đang mở không bị ảnh hưởng."
    todo_en = "Try again after that. Sessions already open are not affected."


class AccessEntryNotFound(NotFound):
    """No such entry, or one about somebody else."""

    vi = "Nhật ký truy cập của bạn không có mục {entry_id}."
    en = "Your access log has no entry {entry_id}."


class AccessChallengeNotFound(NotFound):
    vi = "Không có phản ánh truy cập {challenge_id}."
    en = "There is no challenge {challenge_id} of an access."


class AccessChallengeAnswered(Refusal):
    vi = "Phản ánh truy cập {challenge_id} đã được trả lời."
    en = "Challenge {challenge_id} of an access has been answered."
    todo_vi = "Xem câu trả lời trong nhật ký truy cập (access_log)."
    todo_en = "See the answer in the access log (access_log)."


class OtpRequired(Refusal):
    """The password holds, and the account also asks for a one-time code."""

    vi = "Tài khoản này yêu cầu mã xác thực một lần."
    en = "This account also asks for a one-time code."
    todo_vi = "Gửi lại kèm mã gồm 6 chữ số trong tham số otp."
    todo_en = "Send again with the 6-digit code as otp."


class OtpCodeWrong(Refusal):
    """The one-time code does not fit, or was used before."""

    vi = "Mã xác thực không đúng hoặc đã được dùng."
    en = "The one-time code is wrong or was used before."
    todo_vi = "Kiểm tra giờ của thiết bị và nhập mã mới."
    todo_en = "Check the clock of your device and enter a fresh code."


class OtpNotEnrolled(Refusal):
    """There is no enrolment to confirm."""

    vi = "Chưa đăng ký mã xác thực một lần."
    en = "One-time codes have not been enrolled."
    todo_vi = "Gọi enrol_otp trước rồi xác nhận bằng mã trên thiết bị."
    todo_en = "Call enrol_otp first, then confirm with a code from your device."


class WrongPassword(Refusal):
    """The present password given for a change is not the account's."""

    vi = "Mật khẩu hiện tại không đúng."
    en = "The present password is wrong."
    todo_vi = "Nhập lại mật khẩu hiện tại."
    todo_en = "Enter the present password again."


class WeakPassword(Refusal):
    """The new password would not protect the account. Facts: ``why_vi``, ``why_en``."""

    vi = "Mật khẩu quá yếu: {why_vi}."
    en = "The password is too weak: {why_en}."
    todo_vi = "Chọn một mật khẩu khác, tốt nhất là vài từ không liên quan với nhau."
    todo_en = "Choose another one, best a few words that have nothing to do with each other."


class CitizenNotInRegister(Refusal):
    """The population register knows no such citizen number."""

    vi = "Không tìm thấy số định danh cá nhân này trong Cơ sở dữ liệu dân cư."
    en = "The population register knows no such citizen number."
    todo_vi = "Kiểm tra lại 12 chữ số trên thẻ căn cước, hoặc liên hệ công an cấp xã."
    todo_en = "Check the 12 digits on the identity card, or contact the commune police."


class CitizenDataDiffers(Refusal):
    """Name or birth date are not those of the register; which one is not stated, so that nobody can probe."""

    vi = "Họ tên hoặc ngày sinh không khớp với Cơ sở dữ liệu dân cư."
    en = "The name or birth date differs from the population register."
    todo_vi = "Nhập đúng như trên thẻ căn cước, hoặc yêu cầu công an cấp xã điều chỉnh thông tin."
    todo_en = "Enter them exactly as on the identity card, or have the register corrected."


class NoSamplePeople(NotFound):
    """This installation checks against a given register; its people are nobody's sample."""

    vi = "Hệ thống này không có công dân mẫu."
    en = "This installation has no sample people."
    todo_vi = "Chỉ môi trường phát triển với dữ liệu dân cư mẫu mới có."
    todo_en = "Only development on the built-in sample register has them."


class AccountAlreadyExists(Refusal):
    """This citizen has an account already."""

    vi = "Đã có tài khoản cho số định danh này."
    en = "There is already an account for this citizen number."
    todo_vi = "Hãy đăng nhập bằng tài khoản đó."
    todo_en = "Sign in with that account."


class ContactCodeRefused(Refusal):
    """No such code was sent about this, or it is over or used: deliberately one answer for all."""

    vi = "Mã xác nhận không đúng, đã hết hạn hoặc đã được dùng."
    en = "The confirmation code is wrong, over or used."
    todo_vi = "Kiểm tra thư điện tử hoặc tin nhắn mới nhất; nếu không có, hãy yêu cầu mã mới hoặc đến bộ phận một cửa."
    todo_en = "Look at the newest e-mail or text message; without one ask for another code, or go to a one-stop office."


class ContactCodeNotFound(NotFound):
    """The code is over or used: there is nothing to send any more."""

    vi = "Không còn mã xác nhận {request_id} để gửi."
    en = "There is no confirmation code {request_id} to be sent any more."


class AccountBlocked(Refusal):
    """Shown to whoever knows the password alone."""

    vi = "Tài khoản này đã bị khóa."
    en = "This account is blocked."
    todo_vi = "Liên hệ bộ phận một cửa hoặc đơn vị vận hành Cổng."
    todo_en = "Ask a one-stop office or the operators of the portal."


class AccountRecoveryNotFound(NotFound):
    vi = "Không tìm thấy đề nghị khôi phục tài khoản {request_id}."
    en = "There is no request to recover an account {request_id}."


class AccountRecoveryNotPending(Refusal):
    """It has been decided, or has expired."""

    vi = "Đề nghị khôi phục tài khoản {request_id} không còn chờ duyệt (trạng thái «{status}»)."
    en = "The request to recover an account {request_id} is not waiting any more (status '{status}')."
    todo_vi = "Lập đề nghị mới nếu vẫn cần."
    todo_en = "Make a new request if it is still needed."


class AccountNotFound(NotFound):
    """No account has this id or citizen number."""

    vi = "Không tìm thấy tài khoản."
    en = "There is no such account."


class AccountErased(Unauthenticated):
    """The person of this account was erased; an access token may outlive them by ten minutes."""

    vi = "Dữ liệu cá nhân của tài khoản này đã được xóa; tài khoản không còn dùng được."
    en = "The personal data of this account has been erased; it can no longer be used."
    todo_vi = "Muốn dùng lại dịch vụ, hãy đăng ký tài khoản mới."
    todo_en = "To use the portal again, register a new account."


class SessionNotFound(NotFound):
    """The caller has no session with this id."""

    vi = "Không tìm thấy phiên đăng nhập {session_id} của bạn."
    en = "You have no session {session_id}."


class AgencyNotFound(NotFound):
    """No agency has this code."""

    vi = "Không tìm thấy cơ quan có mã {code}."
    en = "There is no agency with code {code}."


class AgencyAlreadyExists(Refusal):
    """The code is taken by an agency with other particulars."""

    vi = "Mã {code} đã thuộc về cơ quan khác: {taken_by}."
    en = "Code {code} already belongs to another agency: {taken_by}."
    todo_vi = "Dùng mã khác, hoặc gửi đúng thông tin của cơ quan đã có."
    todo_en = "Use another code, or send exactly the particulars of the existing agency."


class AppointmentNotFound(NotFound):
    """This account holds no post at this agency and never did."""

    vi = "Tài khoản này không giữ chức trách nào tại cơ quan {agency_code}."
    en = "This account holds no post at agency {agency_code}."
    todo_vi = "Kiểm tra lại tài khoản và mã cơ quan."
    todo_en = "Check the account and the agency code."


class AppointmentRequestNotFound(NotFound):
    """No request for an appointment has this id."""

    vi = "Không tìm thấy đề nghị bổ nhiệm {request_id}."
    en = "There is no request for an appointment {request_id}."


class AppointmentRequestNotPending(Refusal):
    """It has been decided, or has expired."""

    vi = "Đề nghị bổ nhiệm {request_id} không còn chờ duyệt (trạng thái «{status}»)."
    en = "The request for an appointment {request_id} is not waiting any more (status '{status}')."
    todo_vi = "Lập đề nghị mới nếu vẫn cần."
    todo_en = "Make a new request if it is still needed."


class OwnCase(Refusal):
    """Conflict of interest: nobody decides on their own post."""

    vi = "Không ai được tự bổ nhiệm mình hay tự quyết định về chức trách của mình."
    en = "Nobody appoints themselves or decides on their own post."
    todo_vi = "Chuyển cho một người quản trị khác."
    todo_en = "Hand it to another operator."


class SecondPersonNeeded(Refusal):
    """Whoever requested does not decide."""

    vi = "Người đề nghị không được tự duyệt hay từ chối đề nghị của mình."
    en = "Whoever made a request may not decide on it."
    todo_vi = "Chuyển cho một người quản trị khác."
    todo_en = "Hand it to another operator."


class DelegationNotFound(NotFound):
    """No such delegation in force for this caller, or none that covers the procedure."""

    vi = "Không có ủy quyền phù hợp đang có hiệu lực."
    en = "There is no such delegation in force."
    todo_vi = "Kiểm tra người ủy quyền, phạm vi thủ tục và thời hạn."
    todo_en = "Check the principal, the procedures covered and the term."


class DelegationNotPossible(Refusal):
    """A delegation to oneself, or one that would already have ended. Facts: ``why_vi``, ``why_en``."""

    vi = "Không thể ủy quyền: {why_vi}."
    en = "This delegation is not possible: {why_en}."
    todo_vi = "Sửa người được ủy quyền hoặc thời hạn."
    todo_en = "Correct the delegate or the term."
