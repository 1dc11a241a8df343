"""What the front door itself refuses, before the platform is asked: each with its HTTP status."""

from __future__ import annotations

from typing import ClassVar

from infra.chassis.refusals import Refusal


class HttpRefusal(Refusal):
    """A refusal of HTTP's own; ``headers`` go with the answer."""

    status: ClassVar[int] = 400

    def __init__(self, *, headers: dict[str, str] | None = None, **facts: object) -> None:
        super().__init__(**facts)
        self.headers = headers or {}


class MalformedRequest(HttpRefusal):
    status = 400
    vi = "Không đọc được yêu cầu: {reason}."
    en = "The request cannot be read: {reason_en}."
    todo_vi = "Sửa theo mô tả trong /openapi.json rồi gửi lại."
    todo_en = "Correct it as /openapi.json describes and send it again."


class IdempotencyKeyMissing(HttpRefusal):
    status = 400
    vi = "Thiếu tiêu đề Idempotency-Key (UUID) cho một yêu cầu làm thay đổi dữ liệu."
    en = "The header Idempotency-Key (a UUID) is missing from a request that changes something."
    todo_vi = "Tạo một UUID cho mỗi việc và gửi lại cùng UUID đó khi thử lại."
    todo_en = "Make a UUID for each thing to be done, and send the same one again on a retry."


class FormNotOurs(HttpRefusal):
    status = 403
    vi = "Biểu mẫu này không đến từ trang đang mở của bạn, nên chưa có gì được gửi đi."
    en = "This form did not come from a page you have open, so nothing was sent."
    todo_vi = "Mở lại trang rồi gửi lại."
    todo_en = "Open the page again and send it from there."


class PageNotForYou(HttpRefusal):
    status = 403
    vi = "Tài khoản của bạn không có vai trò mà trang này cần."
    en = "Your account does not have the role that this page is for."
    todo_vi = "Đăng nhập bằng tài khoản khác, hoặc về trang chủ."
    todo_en = "Sign in with another account, or go to the home page."


class PageNotFound(HttpRefusal):
    status = 404
    vi = "Không có địa chỉ này."
    en = "There is nothing at this address."
    todo_vi = "Xem các địa chỉ trong /openapi.json."
    todo_en = "See /openapi.json for the addresses there are."


class MethodNotAllowed(HttpRefusal):
    status = 405
    vi = "Địa chỉ này không nhận phương thức đã gửi; các phương thức được nhận: {allowed}."
    en = "This address does not take that method; it takes: {allowed}."


class RequestTooSlow(HttpRefusal):
    status = 408
    vi = "Nội dung yêu cầu đến quá chậm."
    en = "The body of the request came too slowly."
    todo_vi = "Gửi lại với cùng Idempotency-Key."
    todo_en = "Send it again with the same Idempotency-Key."


class CommandRunning(HttpRefusal):
    status = 409
    vi = "Idempotency-Key này đang được dùng cho một yêu cầu khác chưa xong."
    en = "This Idempotency-Key is in use by another request that has not ended."
    todo_vi = "Chờ yêu cầu đó xong, hoặc tạo một UUID mới cho yêu cầu mới."
    todo_en = "Wait for that request, or make a new UUID for a new request."


class BodyTooLarge(HttpRefusal):
    status = 413
    vi = "Nội dung yêu cầu lớn hơn {limit} byte."
    en = "The body of the request is larger than {limit} bytes."
    todo_vi = "Gửi nội dung nhỏ hơn, hoặc chia thành nhiều yêu cầu."
    todo_en = "Send a smaller body, or several requests."


class MediaTypeNotSupported(HttpRefusal):
    status = 415
    vi = "Địa chỉ này chỉ nhận {wanted}."
    en = "This address takes {wanted} only."
    todo_vi = "Đặt tiêu đề Content-Type cho đúng."
    todo_en = "Set the header Content-Type accordingly."


class RangeNotSatisfiable(HttpRefusal):
    status = 416
    vi = "Khoảng byte được hỏi nằm ngoài tệp ({length} byte)."
    en = "The range asked for lies outside the file ({length} bytes)."


class RequestsTooFrequent(HttpRefusal):
    status = 429
    vi = "Quá nhiều yêu cầu trong thời gian ngắn."
    en = "Too many requests in a short time."
    todo_vi = "Thử lại sau {seconds} giây."
    todo_en = "Try again in {seconds} seconds."


class StreamsTooMany(HttpRefusal):
    status = 429
    vi = "Đang mở quá nhiều luồng cập nhật."
    en = "Too many streams of changes are open."
    todo_vi = "Đóng bớt cửa sổ, hoặc hỏi lại sau {seconds} giây mà không dùng luồng."
    todo_en = "Close some windows, or ask again in {seconds} seconds without a stream."


class HeadersTooLarge(HttpRefusal):
    status = 431
    vi = "Tiêu đề của yêu cầu quá nhiều hoặc quá dài."
    en = "The headers of the request are too many or too long."


class FrontDoorBusy(HttpRefusal):
    status = 503
    vi = "Cổng đang nhận quá nhiều yêu cầu cùng lúc."
    en = "The front door has too many requests at once."
    todo_vi = "Thử lại sau {seconds} giây với cùng Idempotency-Key."
    todo_en = "Try again in {seconds} seconds with the same Idempotency-Key."


class ReplyTooLate(HttpRefusal):
    status = 504
    vi = "Không có trả lời trong thời gian cho phép; chưa biết yêu cầu đã được thực hiện hay chưa."
    en = "There was no reply in the time allowed; whether the request was carried out is not known."
    todo_vi = "Gửi lại với cùng Idempotency-Key: việc đã làm không bị làm lần nữa."
    todo_en = "Send it again with the same Idempotency-Key: what was done is not done twice."


def all_refusals() -> dict[str, type[HttpRefusal]]:
    """Every one of them, by name."""
    return {refusal.__name__: refusal for refusal in HttpRefusal.__subclasses__()}
