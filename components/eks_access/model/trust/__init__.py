"""Trust policies: who may become the integration's role, and what must be true of the request.

Each kind of trust is a small class that knows its statement and which changed requests it must refuse, so that the
probe can show that every one of its conditions holds.
"""

from .cross_account import CrossAccount, checked_external_id, checked_principals
from .identity_center import IdentityCenter, checked_permission_sets
from .saml import Saml, checked_saml_provider, saml_audience
from .service import Service
from .tampered_request import TamperedRequest
from .web_identity import WebIdentity, checked_oidc_provider
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
    "WebIdentity",
    "checked_external_id",
    "checked_oidc_provider",
    "checked_permission_sets",
    "checked_principals",
    "checked_saml_provider",
    "saml_audience",
]
