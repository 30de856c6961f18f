"""Builds the trust policy that a component writes, from the manifest's description of the trust. Pure."""

from dataclasses import fields
from typing import Any

from eks_access.manifest.models import HIDDEN, Trust
from eks_access.model import trust
from eks_access.model.iam import build_document

from .values import UNKNOWN, Value

_KINDS: dict[str, type[trust.Trust]] = {
    kind.kind: kind
    for kind in (
        trust.CrossAccount,
        trust.WebIdentity,
        trust.Saml,
        trust.IdentityCenter,
        trust.Service,
        trust.PodIdentity,
        trust.Irsa,
    )
}


def build_trust_policy(declared: Trust) -> Value:
    """The policy document; `UNKNOWN` if part of it is hidden, or missing from a manifest of an older version."""
    kind = _KINDS[declared.kind]
    names = [each.name for each in fields(kind)]
    if not set(names) <= declared.model_fields_set:
        return UNKNOWN
    values = {name: getattr(declared, name) for name in names}
    arguments: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if value is not None
    }
    try:
        policy = build_document(kind(**arguments).statements())
    except (TypeError, ValueError):
        return UNKNOWN
    return UNKNOWN if HIDDEN in repr(policy) else policy
