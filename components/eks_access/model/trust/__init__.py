"""Trust policies: who may assume the integration's role, and under which conditions.

Each kind of trust is a small class with its statement and the tampered requests that the statement must refuse, so that
the probe can prove that every one of its conditions is effective. `interface.TrustKind` is what a kind provides.
"""

from .cross_account import CrossAccount, validate_external_id, validate_principals
from .identity_center import IdentityCenter, validate_permission_sets
from .interface import TrustKind
from .saml import Saml, saml_audience, validate_saml_provider
from .service import Service
from .tampered_request import TamperedRequest
from .web_identity import WebIdentity, validate_oidc_provider
from .workload import Irsa, PodIdentity

Trust = CrossAccount | WebIdentity | Saml | IdentityCenter | Service | PodIdentity | Irsa

__all__ = [
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
    "saml_audience",
    "validate_external_id",
    "validate_oidc_provider",
    "validate_permission_sets",
    "validate_principals",
    "validate_saml_provider",
]
