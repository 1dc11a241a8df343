"""How the notifications service says no."""

from __future__ import annotations

from infra.chassis.refusals import NotFound, Refusal


class MessageNotFound(NotFound):
    vi = "Không có tin nhắn {message_id} trong hộp thư của bạn."
    en = "There is no message {message_id} in your inbox."


class TemplateNotFound(NotFound):
    vi = "Không có mẫu tin {key} cho kênh {channel}, ngôn ngữ {language}."
    en = "There is no template {key} for channel {channel} in language {language}."
    todo_vi = "Xem danh sách mẫu tin bằng templates()."
    todo_en = "See templates() for the keys there are."


class TemplateRequestNotFound(NotFound):
    vi = "Không có đề nghị công bố mẫu tin {request_id}."
    en = "There is no request {request_id} to publish a text."
    todo_vi = "Xem các đề nghị bằng template_requests(status)."
    todo_en = "See template_requests(status) for those there are."


class TemplateRequestNotPending(Refusal):
    """Facts: ``request_id``, ``status`` (approved, declined, expired)."""

    vi = "Đề nghị công bố mẫu tin {request_id} không còn chờ duyệt (trạng thái: {status})."
    en = "Request {request_id} to publish a text is not waiting any more (status: {status})."
    todo_vi = "Nếu vẫn cần, hãy đề nghị lại bằng publish_template."
    todo_en = "Request it again by publish_template if it is still needed."


class SecondPersonNeeded(Refusal):
    """Who proposed a text does not decide on it."""

    vi = "Người đề nghị không được tự duyệt hay từ chối mẫu tin của mình."
    en = "Whoever proposed a text may not decide on it."
    todo_vi = "Chuyển cho một người có thẩm quyền khác."
    todo_en = "Hand it to another authorised person."


class SubscriptionNotFound(NotFound):
    vi = "Không có đăng ký webhook {subscription_id} của bạn đang hoạt động."
    en = "You have no active webhook subscription {subscription_id}."


class DeliveryNotFound(NotFound):
    vi = "Không có lần gửi {delivery_id}."
    en = "There is no delivery {delivery_id}."


class TemplateFactMissing(Refusal):
    """A template names a fact that is missing."""

    vi = "Mẫu tin {key} ({channel}, {language}) cần dữ kiện “{fact}” nhưng không có."
    en = "Template {key} ({channel}, {language}) needs the fact '{fact}', which is not there."
    todo_vi = "Bổ sung dữ kiện hoặc sửa mẫu tin."
    todo_en = "Give the fact or correct the template."


class TemplateFactUnfit(Refusal):
    """A fact is there but does not fit what the template does with it."""

    vi = "Mẫu tin {key} ({channel}, {language}) không dùng được dữ kiện đã cho: {problem}."
    en = "Template {key} ({channel}, {language}) cannot say the facts given: {problem}."
    todo_vi = "Thời điểm theo ISO 8601, tiền là {{amount, currency}}, danh sách cho for."
    todo_en = "Instants in ISO 8601, money as {{amount, currency}}, a list for a for."


class TemplateNotAllowed(Refusal):
    """A template that is not well-formed, or that does more than substitute."""

    vi = "Mẫu tin không dùng được (dòng {line}): {problem}."
    en = "The template cannot be used (line {line}): {problem}."
    todo_vi = "Mẫu tin chỉ được dùng chữ, {{{{ dữ kiện }}}}, bộ lọc có sẵn, if và for một lớp."
    todo_en = "A template may use text, {{{{ facts }}}}, the filters offered, if, and for without nesting."


class DeliveryReportNotGenuine(Refusal):
    vi = "Báo cáo gửi tin của nhà cung cấp {provider} không có chữ ký hợp lệ."
    en = "The delivery report of provider {provider} does not carry a valid signature."
    todo_vi = "Kiểm tra khóa bí mật dùng chung và cách ký."
    todo_en = "Check the shared secret and how the report is signed."


class WebhookAddressNotAllowed(Refusal):
    vi = "Không được gửi webhook đến địa chỉ này: {problem}."
    en = "Webhooks may not be sent to this address: {problem_en}."
    todo_vi = "Dùng một địa chỉ https công khai."
    todo_en = "Use a public https address."
