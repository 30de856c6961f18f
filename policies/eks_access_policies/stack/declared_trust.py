"""The trust policy that a manifest's description of it stands for: the one that the component writes. Pure."""

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


def trust_policy(declared: Trust) -> Value:
    """The document; `UNKNOWN` where a part of it is hidden, or the manifest (an older one) does not have all of it."""
    kind = _KINDS[declared.kind]
    wanted = [each.name for each in fields(kind)]
    if not set(wanted) <= declared.model_fields_set:
        return UNKNOWN
    given = {name: getattr(declared, name) for name in wanted}
    arguments: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if value is not None
    }
    try:
        found = build_document(kind(**arguments).statements())
    except (TypeError, ValueError):
        return UNKNOWN
    return UNKNOWN if HIDDEN in repr(found) else found
