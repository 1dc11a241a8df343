"""The doors of applications, by whom they are for. They hand over to whoever does the work and decide nothing."""

from __future__ import annotations

from services.applications.service.applicants import ApplicantDoors
from services.applications.service.audits import AuditDoors
from services.applications.service.handlers import ApplicationsHandlers
from services.applications.service.officers import OfficerDoors


class ApplicationsService(ApplicantDoors, OfficerDoors, AuditDoors, ApplicationsHandlers):
    """The portal's *applications* service."""

    name = "applications"
