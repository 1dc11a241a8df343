"""Services, their forms, application files and their documents."""

from __future__ import annotations

import asyncio
import re

from infra.chassis.json_types import Json
from infra.front_door import files
from infra.front_door.errors import MediaTypeNotSupported
from infra.front_door.gateway import json_object, object_of
from infra.front_door.govstack import shapes
from infra.front_door.govstack.asking import Asking, object_in, text_in, wrong

FORM_ID = re.compile(r"([^:/]{1,80}):(\d{1,6})", re.ASCII)
DOCUMENT_URL = re.compile(r"/applications/([0-9a-f-]{36})/attachments/([0-9a-f-]{36})$")
MOST = 500  # of a list; what lies beyond is found by the platform's own cursors
MOST_DOCUMENTS = 100


async def services(asking: Asking) -> list[Json]:
    results = await asking.call("catalog.search", text=asking.query().get("name", ""), limit=MOST)
    return [shapes.service(item, asking.language) for item in results["items"]]


async def service(asking: Asking) -> Json:
    return shapes.service(await asking.call("catalog.procedure", code=asking.place("service_key")), asking.language)


async def forms(asking: Asking) -> list[Json]:
    procedure = await asking.call("catalog.procedure", code=asking.place("service_key"))
    return [shapes.form(procedure, asking.language, latest=True)]


async def form(asking: Asking) -> Json | list[Json]:
    """A form by its id; by a service's key, what ``/services/{key}/eForms`` answers, as older clients ask."""
    named = FORM_ID.fullmatch(asking.place("form_id"))
    if named is None:
        procedure = await asking.call("catalog.procedure", code=asking.place("form_id"))
        return [shapes.form(procedure, asking.language, latest=True)]
    code, version = named[1], int(named[2])
    procedure, current = await asyncio.gather(
        asking.call("catalog.procedure", code=code, version=version), asking.call("catalog.procedure", code=code)
    )
    described = shapes.form(procedure, asking.language, latest=current["version"] == version)
    return {**described, "schema": procedure["form"] or {}}


async def upload(asking: Asking) -> Json:
    """A document, laid in a draft: ``additionalMetadata`` is ``{"serviceKey"|"fileId", "requirement"}`` as JSON."""
    request = asking.request
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise MediaTypeNotSupported(wanted="multipart/form-data")
    metadata = object_of(asking.query().get("additionalMetadata", "{}").encode())
    paper = await files.upload(request)
    draft, key = text_in(metadata, "fileId"), text_in(metadata, "serviceKey")
    if draft is None and key is None:
        raise wrong("additionalMetadata", "cần serviceKey hoặc fileId", "serviceKey or fileId is needed")
    if draft is None:
        begun = await asking.call("applications.start", procedure_code=key, channel="online")
        draft = begun["application_id"]
    content = {name: paper.get(name) for name in ("file_name", "media_type", "content_base64")}
    requirement = text_in(metadata, "requirement") or "other"
    laid = await asking.call("applications.attach", application_id=draft, requirement=requirement, **content)
    url = f"{asking.address(laid['application_id'])}/{laid['attachment_id']}"
    return {"code": 200, "type": "document", "message": laid["sha256"], "url": url}


async def submit(asking: Asking) -> Json:
    """Answers and documents of an applicant, handed in. Documents uploaded before lie in a draft: that one is filed."""
    body, code = await json_object(asking.request), asking.place("service_key")
    answers = _answers(body)
    applicant, another = await _applicant_of(asking, body)
    draft = _draft_of(body)
    if draft is None:
        begun = await asking.call("applications.start", procedure_code=code, channel="online", on_behalf_of=another)
        draft = begun["application_id"]
    else:
        holding = await asking.call("applications.application", application_id=draft)
        if holding["procedure_code"] != code:
            raise wrong("/documentUrls", "thuộc hồ sơ của thủ tục khác", "they lie in a draft of another service")
        if holding["applicant_id"] != applicant:
            raise wrong(
                "/applicantId", "giấy tờ thuộc hồ sơ của người khác", "the documents lie in a draft of another person"
            )
    await asking.call("applications.save_answers", application_id=draft, answers=answers)
    await asking.call("applications.submit", application_id=draft)
    return await _file(asking, draft)


async def _applicant_of(asking: Asking, body: Json) -> tuple[str, str | None]:
    """Whose application it is, and the same where the caller files for another person."""
    applicant = text_in(body, "applicantId")
    if not applicant:
        raise wrong("/applicantId", "còn thiếu", "is missing")
    own = await asking.call("identity.whoami")
    if applicant in (own["account_id"], own["citizen_number"]):
        return own["account_id"], None
    return applicant, applicant


async def update(asking: Asking) -> Json:
    """Answers of a draft, or what was asked for when the file was sent back; the doors say who may."""
    body, place = await json_object(asking.request), asking.place("file_id")
    application = await asking.call("applications.application", application_id=place)
    method = "supplement" if application["status"] == "supplement_requested" else "save_answers"
    await asking.call(f"applications.{method}", application_id=place, answers=_answers(body))
    return await _file(asking, place)


async def file(asking: Asking) -> Json:
    return await _file(asking, asking.place("file_id"))


async def _file(asking: Asking, place: str) -> Json:
    application = await asking.call("applications.application", application_id=place)
    code, version = application["procedure_code"], application["procedure_version"]
    procedure = await asking.call("catalog.procedure", code=code, version=version)
    name = shapes.either(procedure["title"], asking.language)
    return shapes.file(application, name, asking.language, asking.address(application["application_id"]))


async def applications(asking: Asking) -> list[Json]:
    return [shapes.listed(item, asking.language) for item in await rows(asking)]


async def rows(asking: Asking) -> list[Json]:
    """One's own applications, or an agency's queue where the information mediator's client is one."""
    query, agency = asking.query(), asking.agency
    first, most = _number(query.get("firstResult"), 0), _number(query.get("maxResult"), 50)
    if first + most > MOST:
        raise wrong("maxResult", f"đến vị trí {MOST} là cùng", f"no further than {MOST}")
    order = "dueDate" if agency else "created"
    if query.get("sortBy", order) != order:
        raise wrong("sortBy", f"chỉ có {order}", f"there is {order} alone")
    if agency:
        page = await asking.call(
            "applications.queue", agency_code=agency, procedure_code=query.get("serviceKey"), limit=max(1, first + most)
        )
    else:
        page = await asking.call("applications.mine", limit=max(1, first + most))
    key = query.get("serviceKey")
    items = [item for item in page["items"] if key in (None, item["procedure_code"])]
    return items[first : first + most]


def _answers(body: Json) -> Json:
    return object_in(object_in(body, "formData"), "data")


def _draft_of(body: Json) -> str | None:
    """The draft that all documents lie in; those of two drafts are not one application."""
    urls = body.get("documentUrls") or []
    if not isinstance(urls, list) or len(urls) > MOST_DOCUMENTS or not all(isinstance(url, str) for url in urls):
        raise wrong("/documentUrls", "phải là danh sách địa chỉ", "must be a list of addresses")
    places = [DOCUMENT_URL.search(url) for url in urls]
    if not all(places):
        raise wrong("/documentUrls", "không phải địa chỉ của giấy tờ đã tải lên", "no address of an uploaded document")
    drafts = {place[1] for place in places if place}
    if len(drafts) > 1:
        raise wrong("/documentUrls", "giấy tờ nằm ở nhiều bản nháp", "the documents lie in several drafts")
    return drafts.pop() if drafts else None


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise wrong("firstResult, maxResult", "phải là số nguyên không âm", "must be whole numbers")
    return int(text)
