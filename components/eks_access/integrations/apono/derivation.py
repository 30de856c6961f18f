"""Derives Apono's arguments from a role that was made by hand: how people sign in, and which of them. Pure."""

import re
from collections.abc import Iterator

from ...derivation.trust import ASSUME_ROLE, WITH_SAML, FoundPrincipal
from ...derivation.values import ArgumentCollector
from ...errors import InvalidInputError
from ...model.arn import parse
from ...model.found import DerivedArguments, FoundAccess
from ...model.trust import account_of, validate_permission_sets, validate_saml_provider
from ...model.trust.identity_center import OWN_NAME
from ...model.trust.saml import SIGN_IN
from .integration import Federation

_SSO_ROLE = re.compile(
    r"arn:[^:]+:iam::[0-9]{12}:role/aws-reserved/sso\.amazonaws\.com/((\*|[a-z0-9-]+)/)?AWSReservedSSO_(?P<name>.+)"
)
_OF_ONE_SET = re.compile(r"(?P<name>.+)_(\*|\?{16}|[0-9a-f]{16})")
_REGIONAL = re.compile(r"https://(?P<region>[a-z0-9-]+)\.(?P<rest>.+)")
_ADVICE = "Say whether people sign in by IAM Identity Center (sso) or by a SAML provider of the account (saml)."


def derive_arguments(found: FoundAccess) -> DerivedArguments:
    """From a role that trusts users of IAM Identity Center or of a SAML provider."""
    collector = ArgumentCollector(found)
    if providers := collector.trust.choose(WITH_SAML, _is_saml_provider):
        _derive_saml(collector, providers)
    elif collector.trust.choose(ASSUME_ROLE, _is_everyone):
        _derive_identity_center(collector)
    else:
        why = "the trust policy names neither everyone with conditions nor a SAML provider"
        collector.miss("federation", why if found.role is not None else "the role could not be read", _ADVICE)
    return collector.finish()


def _is_saml_provider(principal: FoundPrincipal) -> bool:
    return principal.kind == "Federated" and ":saml-provider/" in principal.value


def _is_everyone(principal: FoundPrincipal) -> bool:
    return principal.kind == "AWS" and (principal.value == "*" or account_of(principal.value) is not None)


def _derive_saml(collector: ArgumentCollector, providers: tuple[str, ...]) -> None:
    collector.arguments["federation"] = Federation.SAML.value
    role = parse(collector.found.principal_arn)
    collector.require(
        "saml_provider_arn",
        providers,
        advice="It is shown in IAM under Identity providers.",
        validate=lambda value: validate_saml_provider(
            "saml_provider_arn", value, account=role.account if role is not None else ""
        ),
    )
    audiences = collector.trust.take("SAML:aud")
    regions = []
    for audience in audiences:
        match = _REGIONAL.fullmatch(audience)
        if match is not None and f"https://{match['rest']}" in SIGN_IN.values():
            regions.append(match["region"])
        elif audience not in SIGN_IN.values():
            collector.notes.append(f"its trust policy accepts assertions for {audience}: no argument keeps that")
    if audiences:
        # Left out, it would be the clusters' regions.
        collector.arguments["sign_in_regions"] = regions


def _derive_identity_center(collector: ArgumentCollector) -> None:
    names = collector.trust.take("sts:RoleSessionName")
    if names and names != (OWN_NAME,):
        collector.notes.append(f"its trust policy requires the session name {' or '.join(names)}: not kept")
    patterns = collector.trust.take_patterns("aws:PrincipalArn") or collector.trust.take("aws:PrincipalArn")
    sets = list(_find_permission_sets(collector, patterns))
    if not sets:
        collector.miss("federation", "the trust policy names no roles of IAM Identity Center", _ADVICE)
        return
    collector.arguments["federation"] = Federation.SSO.value
    if None not in sets:
        collector.arguments["permission_sets"] = [each for each in dict.fromkeys(sets) if each is not None]


def _find_permission_sets(collector: ArgumentCollector, patterns: tuple[str, ...]) -> Iterator[str | None]:
    """The permission sets of the patterns; None for all of them. What names no permission set is a note."""
    for pattern in patterns:
        match = _SSO_ROLE.fullmatch(pattern)
        if match is not None and match["name"] == "*":
            yield None
            continue
        of_one = _OF_ONE_SET.fullmatch(match["name"]) if match is not None else None
        try:
            if of_one is not None:
                yield validate_permission_sets("permission_sets", (of_one["name"],))[0]
                continue
        except InvalidInputError:
            pass
        collector.notes.append(f"its trust policy accepts {pattern}, which is no permission set: not kept")
