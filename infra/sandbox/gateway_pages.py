"""The pages a payer sees at the sandbox gateway, in Vietnamese; plain HTML that works without a script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from infra.sandbox.gateway_book import CHOICES, Transaction

LABELS = {"success": "Xác nhận thanh toán", "declined": "Giả lập: không đủ số dư", "cancelled": "Hủy giao dịch"}
STYLE = (
    "body{font:16px sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}"
    "button{font:inherit;margin:.25rem 0;padding:.5rem 1rem}"
)


def page(title: str, body: str) -> bytes:
    heading = escape(title)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{heading}</title>'
    main = f"<main><h1>{heading}</h1>{body}</main>"
    html = f'<html lang="vi"><head>{head}<style>{STYLE}</style></head><body>{main}</body></html>'
    return f"<!doctype html>{html}".encode()


def paying(transaction: Transaction, fields: Mapping[str, str]) -> bytes:
    """What is to be paid, and a button per outcome; the signed fields travel along unchanged."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    buttons = "".join(
        f'<p><button name="choice" value="{choice}">{escape(LABELS[choice])}</button></p>' for choice in CHOICES
    )
    amount = f"{transaction.amount // 100:,}".replace(",", ".")
    facts = (
        f"<dl><dt>Mã giao dịch</dt><dd>{escape(transaction.order_ref)}</dd>"
        f"<dt>Nội dung</dt><dd>{escape(transaction.order_info)}</dd>"
        f"<dt>Số tiền</dt><dd><strong>{amount} đồng</strong></dd></dl>"
    )
    note = "<p>Đây là cổng thử nghiệm: không có tiền thật nào được chuyển.</p>"
    return page(
        "Cổng thanh toán thử nghiệm", f'{note}{facts}<form method="post" action="/pay">{hidden}{buttons}</form>'
    )


def chosen(transaction: Transaction, message: str, return_url: str) -> bytes:
    link = (
        f'<p><a href="{escape(return_url)}">Quay lại cổng dịch vụ công</a></p>'
        if return_url.startswith(("http://", "https://"))
        else ""
    )
    return page(message, f"<p>Giao dịch {escape(transaction.order_ref)}: {escape(message)}.</p>{link}")


def refused(message: str) -> bytes:
    return page("Không thể thanh toán", f"<p>{escape(message)}</p>")
