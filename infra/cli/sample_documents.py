"""Papers and answers a citizen of the demo hands in: a real small PDF, and answers that fit any sample form."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from infra.chassis.json_types import Json


def as_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def a_pdf(title: str) -> bytes:
    """A valid one-page PDF (PDF 1.4) with ``title`` on it, in plain ASCII."""
    text = "".join(letter for letter in title if letter.isascii() and letter not in "()\\")
    stream = f"BT /F1 18 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def answers_for(form: Json | None, person: Mapping[str, object]) -> Json:
    """Answers that fit a form's JSON Schema; what is known of the person is used where a field asks for it."""
    if not form:
        return {}
    values = {
        "full_name": person.get("full_name"),
        "birth_date": person.get("birth_date"),
        "citizen_number": person.get("citizen_number"),
        "phone": person.get("phone"),
        "email": person.get("email"),
    }
    answers: Json = {}
    for name, schema in form.get("properties", {}).items():
        answers[name] = values[name] if values.get(name) and _takes(schema, values[name]) else _value(schema)
    return answers


def _takes(schema: dict[str, object], value: object) -> bool:
    import jsonschema_rs

    return bool(jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value))


def _value(schema: Json) -> object:
    """Some value that fits; forms say ``examples`` where no rule of thumb would."""
    for keyword in ("const", "default"):
        if keyword in schema:
            return schema[keyword]
    for several in ("examples", "enum"):
        if schema.get(several):
            return schema[several][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: _value(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_value(schema.get("items", {}))] * max(1, schema.get("minItems", 1))
    plain: dict[object, object] = {
        "integer": schema.get("minimum", 1),
        "number": schema.get("minimum", 1),
        "boolean": True,
    }
    return plain[kind] if kind in plain else _text(schema)


def _text(schema: Json) -> str:
    formats = {
        "date": "1990-01-02",
        "email": "mau@example.vn",
        "date-time": "2026-01-05T08:00:00+07:00",
        "uri": "https://example.vn/",
    }
    text = formats.get(schema.get("format", ""), "Nội dung mẫu")
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 10_000)]
