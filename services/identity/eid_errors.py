"""How signing in with the national e-ID says no. Facts ``error`` name the claim or the standard's code."""

from __future__ import annotations

from infra.chassis.refusals import NotFound, Refusal, Unauthenticated


class EidNotOffered(NotFound):
    """This installation is nobody's client."""

    vi = "Hệ thống này chưa mở đăng nhập bằng tài khoản định danh điện tử."
    en = "This installation does not offer signing in with a national e-ID."
    todo_vi = "Đăng nhập bằng tên đăng nhập và mật khẩu; người vận hành đặt EID_ISSUER để mở."
    todo_en = "Sign in with user name and password; the operator sets EID_ISSUER to offer it."


class EidSignInNotPending(NotFound):
    """The sign-in is over, has expired, or was begun in another browser."""

    vi = "Lần đăng nhập này đã xong, đã hết hạn hoặc được mở từ trình duyệt khác."
    en = "This sign-in is over, has expired, or was begun in another browser."
    todo_vi = "Bắt đầu đăng nhập lại."
    todo_en = "Begin to sign in again."


class EidSignInRefused(Unauthenticated):
    """The answer of the e-ID provider does not hold, or does not say enough. Facts: ``error``."""

    vi = "Kết quả định danh điện tử không được chấp nhận ({error})."
    en = "What the e-ID provider answered cannot be accepted ({error})."
    todo_vi = "Đăng nhập lại; nếu vẫn không được hãy kiểm tra mức độ tài khoản định danh hoặc dùng mật khẩu."
    todo_en = "Sign in again; if it goes on, check the level of your e-ID account or use your password."


class EidProviderUnavailable(Refusal):
    """The e-ID provider cannot be reached, or answers in no form that is known."""

    vi = "Chưa liên lạc được với hệ thống định danh điện tử."
    en = "The e-ID provider cannot be reached at the moment."
    todo_vi = "Thử lại sau ít phút, hoặc đăng nhập bằng tên đăng nhập và mật khẩu."
    todo_en = "Try again in a few minutes, or sign in with user name and password."
