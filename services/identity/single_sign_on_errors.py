"""How single sign-on says no. Facts ``error`` are the codes of the standards (RFC 6749, OpenID Connect Core)."""

from __future__ import annotations

from infra.chassis.refusals import NotFound, Refusal, Unauthenticated


class SingleSignOnNotOffered(NotFound):
    """This installation has no address of its own to be an issuer under."""

    vi = "Hệ thống này chưa mở đăng nhập một lần cho cổng khác."
    en = "This installation offers no single sign-on to other portals."
    todo_vi = "Người vận hành đặt OPENID_ISSUER là địa chỉ công khai của cổng."
    todo_en = "The operator sets OPENID_ISSUER to the portal's public address."


class AuthorizationRequestRefused(Refusal):
    """No such client, or an address that is not one of its own: nobody is sent there. Facts: ``error``."""

    vi = "Không tiếp tục đăng nhập được: cổng yêu cầu hoặc địa chỉ quay lại chưa được đăng ký ({error})."
    en = "This sign-in cannot go on: the requesting portal or its return address is not registered ({error})."
    todo_vi = "Báo cho đơn vị vận hành cổng đã đưa bạn tới đây."
    todo_en = "Tell the operators of the portal that sent you here."


class AuthorizationNotPending(NotFound):
    """The request has been answered, has expired, or came from another browser."""

    vi = "Yêu cầu đăng nhập này đã xong, đã hết hạn hoặc được mở từ trình duyệt khác."
    en = "This request to sign in has been answered, has expired, or came from another browser."
    todo_vi = "Quay lại cổng ban đầu và đăng nhập lại."
    todo_en = "Go back to the portal you came from and sign in again."


class TokenRequestRefused(Refusal):
    """What a client asked for is not given. Facts: ``error``."""

    vi = "Yêu cầu token bị từ chối ({error})."
    en = "The token request was refused ({error})."
    todo_vi = "Xem mã lỗi của RFC 6749, mục 5.2; với invalid_grant hãy cho người dùng đăng nhập lại."
    todo_en = "See the error codes of RFC 6749, 5.2; after invalid_grant let the person sign in again."


class OpenIdTokenRefused(Unauthenticated):
    """The access token opens nothing (any more)."""

    vi = "Access token của đăng nhập một lần không còn hiệu lực."
    en = "This access token of single sign-on does not hold."
    todo_vi = "Gia hạn token hoặc cho người dùng đăng nhập lại."
    todo_en = "Refresh the token, or let the person sign in again."
    name = "Unauthenticated"


class OpenIdClientNotFound(NotFound):
    """No client of this id has been registered."""

    vi = "Không tìm thấy cổng {client_id} đã đăng ký đăng nhập một lần."
    en = "No client {client_id} is registered for single sign-on."


class OpenIdClientNotPending(Refusal):
    """A decision that has been made."""

    vi = "Đăng ký của cổng {client_id} không ở trạng thái cho phép việc này (trạng thái «{status}»)."
    en = "The registration of client {client_id} does not allow this (status '{status}')."
    todo_vi = "Đăng ký lại nếu vẫn cần."
    todo_en = "Register it again if it is still needed."


class OpenIdConsentNotFound(NotFound):
    """The caller lets this client see nothing."""

    vi = "Bạn không có sự đồng ý nào đang hiệu lực cho cổng {client_id}."
    en = "You have given client {client_id} no consent that holds."
