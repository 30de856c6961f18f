"""Trust policies: who may assume the integration's role, and under which conditions.

Each kind of trust is a small class with its statement and the tampered requests that the statement must refuse, so that
the probe can prove that every one of its conditions is effective. `interface.TrustKind` is what a kind provides.
"""

from .cross_account import (
    CrossAccount,
    account_of,
    validate_external_id,
    validate_organization_id,
    validate_principals,
    validate_trusted_principals,
)
from .google import GOOGLE, validate_google_audience, validate_google_subject
from .identity_center import IdentityCenter, validate_permission_sets
from .interface import TrustKind
from .saml import Saml, saml_audiences, validate_saml_provider
from .service import Service
from .subject_patterns import has_wildcard
from .tampered_request import TamperedRequest
from .web_identity import WebIdentity, validate_oidc_provider
from .workload import Irsa, PodIdentity

Trust = CrossAccount | WebIdentity | Saml | IdentityCenter | Service | PodIdentity | Irsa

__all__ = [
    "GOOGLE",
    "CrossAccount",
    "IdentityCenter",
    "Irsa",
    "PodIdentity",
    "Saml",
    "Service",
    "TamperedRequest",
    "Trust",
    "TrustKind",
    "WebIdentity",
    "account_of",
    "has_wildcard",
    "saml_audiences",
    "validate_external_id",
    "validate_google_audience",
    "validate_google_subject",
    "validate_oidc_provider",
    "validate_organization_id",
    "validate_permission_sets",
    "validate_principals",
    "validate_saml_provider",
    "validate_trusted_principals",
]
