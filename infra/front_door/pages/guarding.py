"""How an account is guarded and reached: second factor, password, telephone and e-mail address, by its owner alone.

What changes it needs a fresh sign-in: a page that is opened later leads to the sign-in and back first. Nothing that was
typed into these forms (passwords, codes) is shown again or carried anywhere; a new seed goes to the next page sealed.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import PageNotFound
from infra.front_door.pages import rendering, serving
from infra.front_door.pages.forms import Form
from infra.front_door.pages.page import SIGNED_IN, Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

OWN_FIELD = {
    "WrongPassword": "password", "OtpRequired": "otp", "OtpCodeWrong": "otp", "WeakPassword": "new_password",
    "ContactCodeRefused": "code",
}  # fmt: skip
CHANNELS = ("email", "phone")
ENROL_WITHIN = 3600  # seconds from seeing the picture to showing a code
CONTACTS, SECOND_FACTOR = "/account/contacts/{channel}", "/account/second-factor"


def _missing(visit: Visit, form: Form, names: Iterable[str]) -> list[FieldError]:
    fields = [*names, *(["otp"] if "otp" in form else [])]
    return [FieldError(name, visit.t(f"guarding.{name}_missing")) for name in fields if not form.exact(name).strip()]


def _errors(visit: Visit, refused: PlatformRefusal, fields: Iterable[str]) -> list[FieldError]:
    """Beside its field; what no field of the form is about goes on as it came."""
    if refused.name not in OWN_FIELD and status_of(refused.name) not in (400, 409, 429):
        raise refused
    return visit.errors_of(refused, fields, OWN_FIELD)


async def second_factor(visit: Visit) -> Response:
    """The password, and where a device is in force one of its codes; then comes the picture."""
    if not visit.session.fresh:
        return await serving.to_sign_in(visit, again=True)
    enrolling = visit.person is not None and "enrolling" in visit.person.roles
    account = None if enrolling else await visit.ask("identity.whoami")
    in_force = bool(account and account["otp_in_force"])
    return visit.page("guarding/second_factor.html", ask_code=in_force, enrolling=enrolling)


async def enrol(visit: Visit) -> Response:
    form = await visit.form()
    if "enrolled" in form:
        return await _confirm_device(visit, form)
    errors = _missing(visit, form, ["password"])
    ask_code = "otp" in form
    if not errors:
        try:
            arguments = {"password": form.exact("password"), "otp": form.code("otp") or None}
            return _device_page(visit, await visit.ask("identity.enrol_otp", **arguments))
        except PlatformRefusal as refused:
            ask_code = ask_code or refused.name == "OtpRequired"
            errors = _errors(visit, refused, ("password", "otp"))
    facts: Json = {"ask_code": ask_code, "enrolling": False}
    return visit.page("guarding/second_factor.html", 400, errors=errors, **facts)


def _device_page(visit: Visit, seed: Json, status: int = 200, **facts: object) -> Response:
    secret = str(seed["secret"])
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    sealed = visit.shared.carried.seal({name: seed[name] for name in ("secret", "uri")})
    drawn = rendering.qr_code(seed["uri"])
    return visit.page("guarding/device.html", status, enrolled=sealed, picture=drawn, secret=grouped, **facts)


async def _confirm_device(visit: Visit, form: Form) -> Response:
    """The recovery codes are on the page that answers, this once."""
    seed = visit.shared.carried.open(form.text("enrolled"), within=ENROL_WITHIN)
    if not seed or "secret" not in seed:
        return visit.to(SECOND_FACTOR)
    code = form.code("code")
    if not code:
        return _device_page(visit, seed, 400, errors=[FieldError("code", visit.t("guarding.code_missing"))])
    try:
        confirmed = await visit.ask("identity.confirm_otp", code=code)
    except PlatformRefusal as refused:
        if refused.name == "OtpNotEnrolled":  # it was sent twice: the first has answered
            return visit.page("guarding/recovery_codes.html", 409, codes=[], onward="/account")
        if status_of(refused.name) not in (400, 401):
            raise
        return _device_page(visit, seed, 400, errors=[FieldError("code", visit.t("guarding.code_wrong"))])
    enrolling = visit.person is not None and "enrolling" in visit.person.roles
    sealed = visit.shared.carried.seal({"path": "/", "query": "", "again": True})
    onward = visit.link("/sign-in", carried=sealed) if enrolling else visit.link("/account")
    return visit.page("guarding/recovery_codes.html", codes=confirmed.get("recovery_codes", []), onward=onward)


async def password(visit: Visit) -> Response:
    return visit.page("guarding/password.html")


async def change_password(visit: Visit) -> Response:
    form = await visit.form()
    errors = _missing(visit, form, ["password", "new_password"])
    if not errors:
        try:
            await visit.ask("identity.change_password", old=form.exact("password"), new=form.exact("new_password"))
            return visit.to("/account", done="password")
        except PlatformRefusal as refused:
            errors = _errors(visit, refused, ())
    return visit.page("guarding/password.html", 400, errors=errors)


def _channel(visit: Visit) -> str:
    if visit.places["channel"] not in CHANNELS:
        raise PageNotFound()
    return visit.places["channel"]


async def contact(visit: Visit) -> Response:
    """Another telephone number or e-mail address, or a new code to the same one."""
    channel = _channel(visit)
    if not visit.session.fresh:
        return await serving.to_sign_in(visit, again=True)
    account = await visit.ask("identity.whoami")
    values = {"address": account[channel] or ""}
    facts: Json = {"channel": channel, "ask_code": account["otp_in_force"], "values": values}
    return visit.page("guarding/contact.html", **facts)


async def request_change(visit: Visit) -> Response:
    """Have a code sent there; the number or address of before stays until it is shown."""
    form = await visit.form()
    channel = _channel(visit)
    errors = _missing(visit, form, ["address", "password"])
    ask_code = "otp" in form
    if not errors:
        try:
            arguments = {"address": form.text("address"), "password": form.exact("password")}
            otp = form.code("otp") or None
            await visit.ask("identity.request_contact_change", channel=channel, otp=otp, **arguments)
            return visit.to(f"/account/contacts/{channel}/code", sent="yes")
        except PlatformRefusal as refused:
            ask_code = ask_code or refused.name == "OtpRequired"
            errors = _errors(visit, refused, ("address", "password", "otp"))
    facts: Json = {"channel": channel, "ask_code": ask_code, "values": {"address": form.text("address")}}
    return visit.page("guarding/contact.html", 400, errors=errors, **facts)


async def before_code(visit: Visit) -> Response:
    return visit.page("guarding/code.html", channel=_channel(visit))


async def confirm_contact(visit: Visit) -> Response:
    form = await visit.form()
    channel = _channel(visit)
    errors = _missing(visit, form, ["code"])
    if not errors:
        try:
            await visit.ask("identity.confirm_contact", channel=channel, code=form.code("code"))
            return visit.to("/account", done=channel)
        except PlatformRefusal as refused:
            errors = _errors(visit, refused, ("code",))
    return visit.page("guarding/code.html", 400, channel=channel, errors=errors)


async def forgotten(visit: Visit) -> Response:
    return visit.page("guarding/forgotten.html")


async def request_reset(visit: Visit) -> Response:
    """The answer is the same whether or not there is such an account."""
    form = await visit.form()
    username = form.text("username").replace(" ", "")
    errors = [] if username else [FieldError("username", visit.t("sign_in.username_missing"))]
    if not errors:
        try:
            await visit.ask("identity.request_password_reset", username=username)
            return _reset_page(visit, {"username": username}, just_sent=True)
        except PlatformRefusal as refused:
            errors = _errors(visit, refused, ("username",))
    return visit.page("guarding/forgotten.html", 400, values={"username": username}, errors=errors)


def _reset_page(visit: Visit, values: dict[str, str], status: int = 200, **facts: object) -> Response:
    facts = {"just_sent": False, "ask_code": False, **facts}
    return visit.page("guarding/reset.html", status, values=values, **facts)


async def before_reset(visit: Visit) -> Response:
    return _reset_page(visit, {})


async def reset(visit: Visit) -> Response:
    form = await visit.form()
    values = {"username": form.text("username").replace(" ", ""), "code": form.code("code")}
    errors = _missing(visit, form, ["code", "new_password"])
    if not values["username"]:
        errors.insert(0, FieldError("username", visit.t("sign_in.username_missing")))
    ask_code = "otp" in form
    if not errors:
        try:
            arguments = {**values, "new": form.exact("new_password"), "otp": form.code("otp") or None}
            await visit.ask("identity.reset_password", **arguments)
            return visit.page("guarding/password_is_new.html")
        except PlatformRefusal as refused:
            ask_code = ask_code or refused.name == "OtpRequired"
            errors = _errors(visit, refused, ("username", "code", "otp"))
    return _reset_page(visit, values, 400, errors=errors, ask_code=ask_code)


PAGES = (
    Page(SECOND_FACTOR, second_factor, enrol, SIGNED_IN),
    Page("/account/password", password, change_password, SIGNED_IN),
    Page(CONTACTS, contact, request_change, SIGNED_IN),
    Page(f"{CONTACTS}/code", before_code, confirm_contact, SIGNED_IN),
    Page("/password/forgotten", forgotten, request_reset),
    Page("/password/new", before_reset, reset),
)
