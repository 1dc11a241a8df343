"""Refusal → HTTP status: the one table. A refusal of a contract without a row fails a test."""

from __future__ import annotations

import re

SECONDS = re.compile(r"\d{1,6}(\.\d+)?", re.ASCII)
UNKNOWN = 500  # a failure inside, or a name that is no refusal of any contract

BY_STATUS: dict[int, tuple[str, ...]] = {
    400: (
        "AuthorizationRequestRefused", "TokenRequestRefused",
        "InvalidRequest", "SubmissionIncomplete", "WeakPassword", "ChoiceMissing", "TemplateFactMissing",
        "TemplateFactUnfit", "TemplateNotAllowed", "CurrencyNotAccepted", "AmountDiffers", "RefundTooLarge",
        "ChannelNotOffered", "DeliveryNotOffered", "MethodNotAvailable", "OnlinePaymentNotOffered", "DurationTooLong",
        "ReturnUrlNotAllowed",
        "WebhookAddressNotAllowed", "DeliveryReportNotGenuine", "CitizenNotInRegister", "CitizenDataDiffers",
        "EdxmlUnreadable",
        "ContactCodeRefused", "ServiceLevelTooLow", "DelegationNotPossible", "NotAnOfficer", "FileInfected",
    ),
    401: ("Unauthenticated", "EidSignInRefused", "OtpRequired", "OtpCodeWrong"),
    403: (
        "AccountBlocked", "EdxmlNotGenuine",
        "Forbidden", "ApproverIsProposer", "SecondPersonNeeded", "SameEditor", "ErasureNeedsTwoPersons",
        "DeciderDecidesAppeal", "OnlyInDevelopment", "NoSamplePeople", "NotAssigned", "OwnCase", "WrongPassword",
    ),
    404: (
        "AccountRecoveryNotFound", "ContactCodeNotFound",
        "AuthorizationNotPending", "OpenIdClientNotFound", "OpenIdConsentNotFound", "SingleSignOnNotOffered",
        "EidNotOffered", "EidSignInNotPending",
        "AppointmentRequestNotFound", "AccessEntryNotFound", "AccessChallengeNotFound", "TemplateRequestNotFound",
        "AccountNotFound", "AgencyNotFound", "AgencyUnknown", "ApplicationNotFound", "AppointmentNotFound",
        "AttachmentNotFound", "ConsultationNotFound", "DelegationNotFound", "DeliveryNotFound", "DraftNotFound",
        "ErasureNotFound", "GatewayNotFound", "LedgerAccountNotFound", "MessageNotFound", "PaymentNotFound",
        "ProcedureNotFound", "ProvinceNotFound", "RefundNotFound", "SessionNotFound", "SubscriptionNotFound",
        "TemplateNotFound", "MethodNotFound", "WaiverNotFound", "StatementNotFound", "WardsNotKnown",
        "SuspenseNotFound", "AssignmentNotFound", "TargetNotFound",
        "DossierNotFound", "DocumentNotFound",
        "UnitNotFound", "RuleSetNotFound", "FigureNotFound", "FeedbackNotFound", "FindingNotFound", "DatasetNotFound",
    ),
    409: (
        "AccountRecoveryNotPending",
        "OpenIdClientNotPending",
        "AppointmentRequestNotPending", "HistoryNotAuthentic", "TemplateRequestNotPending", "StatementOutdated",
        "SuspenseChanged",
        "AccessChallengeAnswered",
        "AccountAlreadyExists", "AgencyAlreadyExists", "AgencyChangesLater", "AlreadyPaid", "AppealNotPending",
        "AppealPending", "AppealTooLate", "ApprovalNotPending", "FeeNotPaid", "NoProposal", "NotExtendable",
        "NotInForce", "NotPaidYet", "NotYetSubmitted", "NothingOwed", "OtpNotEnrolled", "PaymentInProgress",
        "FileNotScanned", "ReceiptBookNumberUsed", "RefundAvailableChanged", "TooMuchToVerify", "TransitionNotAllowed",
        "VersionConflict", "VersionsOverlap", "PeriodNotBegun",
        "DocumentNumberUsed", "ResendLimitReached", "StreamNotAuthentic",
    ),
    410: ("AccountErased", "AlreadyErased", "PersonErased"),
    422: ("CommandIdReused",),
    429: ("SignInDelayed", "TooManyRequests"),
    500: ("InternalFailure",),
    503: (
        "ServiceUnavailable", "EidProviderUnavailable", "ScannerUnavailable", "ReadModelBehind", "NotSealedYet",
        "NothingSealed",
    ),
    504: ("DeadlineExceeded",),
}  # fmt: skip

STATUS = {name: status for status, names in BY_STATUS.items() for name in names}
RETRY_AFTER = {
    "TooManyRequests": 2,
    "ReadModelBehind": 1,
    "NotSealedYet": 2,
    "NothingSealed": 5,
    "ServiceUnavailable": 5,
    "EidProviderUnavailable": 30,
}  # seconds


def status_of(refusal: str, *, if_match: bool = False) -> int:
    """``if_match``: the caller named a version in If-Match, so a conflict of versions is 412."""
    if refusal == "VersionConflict" and if_match:
        return 412
    return STATUS.get(refusal, UNKNOWN)


def retry_after(refusal: str, facts: dict[str, object]) -> int | None:
    """Seconds after which it is worth trying again, where that is known."""
    seconds = str(facts.get("seconds", ""))  # facts cross the wire as text
    if status_of(refusal) in (429, 503) and SECONDS.fullmatch(seconds):
        return max(1, int(float(seconds) + 0.999))
    return RETRY_AFTER.get(refusal, 60 if status_of(refusal) == 429 else None)
