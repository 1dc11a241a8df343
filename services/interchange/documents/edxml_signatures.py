"""Signatures of packets: XML Signature, enveloped, by certificates that a setting gives and nobody sends along.

``INTERCHANGE_EDXML_CERTIFICATES``: a JSON object, agency code → certificate (PEM) of who signs for it.
``INTERCHANGE_EDXML_KEY`` (…_FILE) and ``INTERCHANGE_EDXML_CERTIFICATE`` (…_FILE): what this installation signs with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

from infra.chassis.settings import SettingMissing, Settings
from services.interchange.documents.edxml import DSIG, XmlElement
from services.interchange.errors import EdxmlNotGenuine

CERTIFICATES, KEY, CERTIFICATE = (
    "INTERCHANGE_EDXML_CERTIFICATES", "INTERCHANGE_EDXML_KEY", "INTERCHANGE_EDXML_CERTIFICATE",
)  # fmt: skip


@dataclass(frozen=True)
class PacketSigner:
    """Signs packets and verifies those of others."""

    certificates: dict[str, str]
    key: str | None = None
    certificate: str | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        try:
            certificates = json.loads(settings.get(CERTIFICATES, "{}"))
        except ValueError as error:
            raise SettingMissing(CERTIFICATES, f"it is no JSON ({error})") from error
        if not isinstance(certificates, dict) or not all(isinstance(value, str) for value in certificates.values()):
            raise SettingMissing(CERTIFICATES, "it is no JSON object of agency codes and certificates")
        key, certificate = settings.get(KEY, ""), settings.get(CERTIFICATE, "")
        if bool(key) != bool(certificate):
            raise SettingMissing(KEY, f"it goes with {CERTIFICATE}")
        return cls(certificates, key or None, certificate or None)

    def signed(self, root: XmlElement) -> XmlElement:
        """The packet with its signature; where there is no key, without a place for one."""
        if self.key is None or self.certificate is None:
            for place in root.findall(f".//{{{DSIG}}}Signature"):
                place.getparent().remove(place)
            return root
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from signxml.algorithms import CanonicalizationMethod, SignatureMethod
        from signxml.signer import XMLSigner

        is_curve = isinstance(load_pem_private_key(self.key.encode(), None), EllipticCurvePrivateKey)
        method = SignatureMethod.ECDSA_SHA256 if is_curve else SignatureMethod.RSA_SHA256
        signer = XMLSigner(
            signature_algorithm=method, c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
        )
        packet: XmlElement = signer.sign(root, key=self.key, cert=self.certificate)
        return packet

    def verified(self, root: XmlElement, agency_code: str) -> XmlElement:
        """What of a packet its agency has signed; ``EdxmlNotGenuine`` if that cannot be shown."""
        from signxml.exceptions import InvalidInput, SignXMLException
        from signxml.verifier import SignatureConfiguration, XMLVerifier

        certificate = self.certificates.get(agency_code)
        if certificate is None:
            raise EdxmlNotGenuine(agency_code=agency_code, why="chưa có chứng thư", why_en="no certificate is set")
        if len(root.findall(f".//{{{DSIG}}}Signature")) != 1:
            raise EdxmlNotGenuine(agency_code=agency_code, why="không có chữ ký", why_en="it is not signed")
        try:
            result = XMLVerifier().verify(
                root, x509_cert=certificate, expect_config=SignatureConfiguration(expect_references=1)
            )
        except (SignXMLException, InvalidInput, ValueError) as error:
            raise EdxmlNotGenuine(
                agency_code=agency_code, why="chữ ký không đúng", why_en=f"the signature does not hold: {error}"[:300]
            ) from None
        signed: XmlElement | None = None if isinstance(result, list) else result.signed_xml
        if signed is None or signed.tag != root.tag:
            raise EdxmlNotGenuine(
                agency_code=agency_code, why="chữ ký không bao toàn gói", why_en="not the whole packet is signed"
            )
        return signed


def is_signed(root: XmlElement) -> bool:
    return root.find(f".//{{{DSIG}}}Signature") is not None
