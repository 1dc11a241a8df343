"""What ``portal doctor`` says of secrets, people and guards."""

from __future__ import annotations

import re
from collections import defaultdict

from infra.chassis.running.loader import installed, tool
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.revisions import at_head
from infra.cli.checks.finding import Finding, one_line

ADVISED_SECRET = 16  # characters
MOST_ACCOUNTS = 20  # listed
SECRET = re.compile("(SECRET|TOKEN|PASSWORD)(_|$)")
EXAMPLES = re.compile("change[-_ ]?me|secret|password|guest|postgres|example|portal|admin|test", re.IGNORECASE)


def secret_findings(settings: Settings) -> list[Finding]:
    """Secrets that are short, anybody's first guess, or the same for two purposes."""
    names = sorted({name.removesuffix("_FILE") for name in settings.env if SECRET.search(name.removesuffix("_FILE"))})
    values = {name: value for name in names if (value := settings.get(name))}
    weight = "note" if settings.development else "fault"
    anew = f"make it anew with {ADVISED_SECRET} characters or more"
    short = [name for name, value in values.items() if len(value) < ADVISED_SECRET]
    findings = [Finding("note", f"{name} is a short secret", anew) for name in short]
    findings += [
        Finding(weight, f"{name} is made of words that are tried first", "make it anew, at random")
        for name, value in values.items()
        if not re.sub(r"[\W\d_]", "", EXAMPLES.sub("", value))
    ]
    purposes: dict[str, list[str]] = defaultdict(list)
    for name, value in values.items():
        purposes[value].append(name)
    shared = [" and ".join(named) for named in purposes.values() if len(named) > 1]
    return findings + [Finding(weight, f"{named} are the same secret", "one secret, one purpose") for named in shared]


def guard_findings(settings: Settings) -> list[Finding]:
    """Who could walk in: officials without a second factor, people that are made up, files nobody looked at."""
    try:
        return [*people_findings(settings), *upload_findings(settings), *confirmation_findings(settings)]
    except SettingMissing:
        raise
    except Exception as error:  # the check of databases says more
        return [Finding("note", f"accounts could not be looked at: {one_line(error)}", "see the identity database")]


def people_findings(settings: Settings) -> list[Finding]:
    """Officials without a second factor; in production also people that are made up."""
    if settings.embedded or "identity" not in installed() or not at_head(settings, "identity"):
        return []
    weight = "note" if settings.development else "fault"
    by_matter: dict[str, list[str]] = tool("identity", "account_findings")(settings)
    unguarded, fictional = by_matter["without_second_factor"], by_matter["fictional"]
    findings = []
    if unguarded:
        advice = "each signs in and enrols a device: enrol_otp, confirm_otp"
        findings.append(Finding(weight, f"officials without a second factor: {_listed(unguarded)}", advice))
    if fictional and not settings.development:
        advice = "anybody can read their particulars: erase these accounts (erase_subject)"
        findings.append(Finding("fault", f"accounts of fictional people: {_listed(fictional)}", advice))
    if sources := tool("identity", "spraying_found")(settings):
        advice = "passwords are being tried: look for sign_in_spraying, stop the address before the front door"
        findings.append(Finding("note", f"sources that failed at many user names today: {sources}", advice))
    return findings


def upload_findings(settings: Settings) -> list[Finding]:
    """Whether uploads are scanned."""
    if settings.development or "applications" not in installed() or settings.get("VIRUS_SCANNER"):
        return []
    return [Finding("note", "uploads are not scanned for viruses", "set VIRUS_SCANNER to ClamAV's daemon")]


def confirmation_findings(settings: Settings) -> list[Finding]:
    """Whether an account counts although nobody has shown that its e-mail address is theirs."""
    if settings.development or settings.get("CONTACT_CONFIRMATION", "required") == "required":
        return []
    advice = "anybody can register for anybody: take CONTACT_CONFIRMATION=off away"
    return [Finding("fault", "contact points are not confirmed", advice)]


def _listed(accounts: list[str]) -> str:
    more = f" and {len(accounts) - MOST_ACCOUNTS} more" if len(accounts) > MOST_ACCOUNTS else ""
    return ", ".join(accounts[:MOST_ACCOUNTS]) + more
