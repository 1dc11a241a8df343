"""What e-mails and texts with a code say.

They are part of a proof, so they come with the release and no operator edits them.
"""

from __future__ import annotations

from collections.abc import Mapping

NEVER = {
    "vi": "Cổng dịch vụ công không bao giờ hỏi mã này qua điện thoại hay tin nhắn. Thư này được gửi tự động.",
    "en": "The portal never asks for this code by telephone or message. This e-mail was sent automatically.",
}
SUBJECTS: Mapping[str, Mapping[str, str]] = {
    "registration": {"vi": "Mã xác nhận đăng ký tài khoản", "en": "Code to confirm your registration"},
    "already_registered": {"vi": "Có người đăng ký tài khoản của ông/bà", "en": "Somebody registered your account"},
    "password_reset": {"vi": "Mã đặt lại mật khẩu", "en": "Code to set a new password"},
    "contact_change": {"vi": "Mã xác nhận thông tin liên hệ", "en": "Code to confirm your contact details"},
    "contact_changed": {"vi": "Thông tin liên hệ đã thay đổi", "en": "Your contact details have changed"},
}
BODIES: Mapping[str, Mapping[str, str]] = {
    "registration": {
        "vi": "Kính gửi {full_name},\n\nMã xác nhận đăng ký tài khoản: {code}\nSố đăng ký: {account_id}\n\n"
        "Mã có hiệu lực đến {until}. Nếu ông/bà không đăng ký, hãy bỏ qua thư này.",
        "en": "Dear {full_name},\n\nthe code to confirm your registration is: {code}\nRegistration: {account_id}\n\n"
        "It holds until {until}. If you did not register, ignore this e-mail.",
    },
    "already_registered": {
        "vi": "Kính gửi {full_name},\n\nCó người vừa đăng ký tài khoản bằng số định danh của ông/bà. Ông/bà đã có tài "
        "khoản, vì vậy không có gì thay đổi. Nếu là ông/bà, hãy đăng nhập hoặc đặt lại mật khẩu.",
        "en": "Dear {full_name},\n\nsomebody has just registered with your citizen number. You have an account "
        "already, so nothing has changed. If it was you, sign in or set a new password.",
    },
    "password_reset": {
        "vi": "Kính gửi {full_name},\n\nMã đặt lại mật khẩu: {code}\n\nMã có hiệu lực đến {until}. Nếu ông/bà không "
        "yêu cầu, hãy bỏ qua thư này: mật khẩu không thay đổi.",
        "en": "Dear {full_name},\n\nthe code to set a new password is: {code}\n\nIt holds until {until}. If you did "
        "not ask for it, ignore this e-mail: your password has not changed.",
    },
    "contact_change": {
        "vi": "Kính gửi {full_name},\n\nMã xác nhận địa chỉ thư điện tử này: {code}\n\nMã có hiệu lực đến {until}. Nếu "
        "ông/bà không yêu cầu, hãy bỏ qua thư này: không có gì thay đổi.",
        "en": "Dear {full_name},\n\nthe code to confirm this e-mail address is: {code}\n\nIt holds until {until}. If "
        "you did not ask for it, ignore this e-mail: nothing has changed.",
    },
    "contact_changed": {
        "vi": "Kính gửi {full_name},\n\nSố điện thoại hoặc địa chỉ thư điện tử của tài khoản vừa được thay đổi. Nếu "
        "không phải ông/bà, hãy đổi mật khẩu ngay và đến bộ phận một cửa.",
        "en": "Dear {full_name},\n\nthe telephone number or e-mail address of your account has just been changed. If "
        "it was not you, change your password at once and go to a one-stop office.",
    },
}
TEXTS_OF_CODES: Mapping[str, Mapping[str, str]] = {
    purpose: {language: f"{body}\n\n{NEVER[language]}" for language, body in bodies.items()}
    for purpose, bodies in BODIES.items()
}
# GSM 7-bit: no diacritics, as in every text message.
TEXTS_OF_SMS: Mapping[str, Mapping[str, str]] = {
    "contact_change": {
        "vi": "Cong dich vu cong: ma xac nhan so dien thoai {code}, hieu luc den {until}. Khong dua ma nay cho ai.",
        "en": "Public service portal: code to confirm this number {code}, until {until}. Give it to nobody.",
    },
}
