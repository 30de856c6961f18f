"""Describes who may assume a role in words; an unknown kind of trust by its fields."""

from collections.abc import Callable, Mapping
from typing import Any

from ..manifest.models import Trust
from ..model.trust import account_of, has_wildcard

Fields = Mapping[str, Any]


def describe_trust(trust: Trust) -> list[str]:
    """Who may assume the role and under which conditions, and which requests must be refused."""
    fields = {key: value for key, value in trust.model_dump().items() if value not in (None, [], "", False)}
    allowed = _DESCRIBE_BY_KIND.get(str(trust.kind), _describe_fields)(fields)
    refused = [_TAMPERED_REQUESTS.get(request, str(request).replace("-", " ")) for request in trust.refuses]
    return [allowed, *([f"refused: {'; '.join(refused)}"] if refused else [])]


def _cross_account(fields: Fields) -> str:
    conditions = [
        *([f"with the External ID {fields['external_id']!r}"] if "external_id" in fields else []),
        *([f"from AWS Organization {fields['organization_id']}"] if "organization_id" in fields else []),
    ]
    principals = " or ".join(map(_principal, fields.get("principals", [])))
    return (
        f"only {principals}, {' and '.join(conditions)}" if conditions else f"only {principals}, without any condition"
    )


def _principal(principal: str) -> str:
    account = account_of(principal)
    return principal if account is None else f"principals of account {account} that its administrators allow"


def _web_identity(fields: Fields) -> str:
    conditions = [
        *([f"for the audience {fields['audience']!r}"] if "audience" in fields else []),
        *([f"requested for {fields['authorized_audience']!r}"] if "authorized_audience" in fields else []),
        _subject(fields),
    ]
    return f"only who holds a token of {fields.get('provider')} {', '.join(conditions)}"


def _subject(fields: Fields) -> str:
    if "subject" not in fields:
        return "whoever the subject is"
    kind = "of a subject like" if has_wildcard(fields["subject"]) else "of the subject"
    return f"{kind} {fields['subject']!r}"


def _saml(fields: Fields) -> str:
    audiences = " or ".join(map(repr, [fields.get("audience"), *fields.get("other_audiences", [])]))
    return f"only who holds an assertion of {fields.get('provider')} for the audience {audiences}"


def _identity_center(fields: Fields) -> str:
    sets = fields.get("permission_sets", [])
    of = f"permission set {' or '.join(sets)}" if sets else "any permission set"
    alone = "; everyone is the principal, and these conditions alone keep others out" if "anyone" in fields else ""
    return f"only users of IAM Identity Center with {of}, each under their own name only{alone}"


def _service_account(fields: Fields) -> str:
    account = f"{fields.get('namespace')}/{fields.get('service_account')}"
    clusters = " or ".join(fields.get("cluster_arns", []))
    issuer = f", as the cluster's issuer {fields['issuer']} says" if "issuer" in fields else ""
    return f"only pods of the service account {account}" + (f" in {clusters}" if clusters else "") + issuer


def _service(fields: Fields) -> str:
    sources = [
        *([f"account {fields['source_account']}"] if "source_account" in fields else []),
        *fields.get("source_arns", []),
    ]
    return f"only the AWS service {fields.get('service')}" + (f", for {' and '.join(sources)}" if sources else "")


def _describe_fields(fields: Fields) -> str:
    described = [f"{key.replace('_', ' ')} {value}" for key, value in fields.items() if key not in ("kind", "refuses")]
    return f"only by {fields['kind']}: {'; '.join(described)}"


_DESCRIBE_BY_KIND: dict[str, Callable[[Fields], str]] = {
    "cross-account": _cross_account,
    "web-identity": _web_identity,
    "saml": _saml,
    "identity-center": _identity_center,
    "irsa": _service_account,
    "pod-identity": _service_account,
    "service": _service,
}

_TAMPERED_REQUESTS: dict[str, str] = {
    "external-id-missing": "a request without the External ID",
    "external-id-wrong": "a request with another External ID",
    "audience-wrong": "a token for another audience",
    "subject-wrong": "a token of another subject",
    "forged": "a token that somebody else signed",
    "another-session-name": "a user under another user's name",
    "non-sso-principal": "the user's own name, signed in elsewhere",
    "stranger": "any other principal",
}
