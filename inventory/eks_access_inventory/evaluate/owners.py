"""Who uses a principal: a vendor by its account, its page or its role's name, people, nodes, a workload. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eks_access.model import arn as arns
from eks_access.model.marks import Marks, find_mark
from eks_access_policies.iam import KNOWN_VENDORS, Principal, PrincipalKind, Statement, parse_document

from ..inventory import Owner, OwnerKind
from ..reading.model import PrincipalReading, PrincipalState

PEOPLE_ROLE = re.compile(r"AWSReservedSSO_(?P<name>.+)_[0-9a-f]{16}")
"""https://docs.aws.amazon.com/singlesignon/latest/userguide/using-iam-roles.html"""
_PART_OF = "app.kubernetes.io/part-of"
_MANAGED_BY = ("app.kubernetes.io/managed-by", "eks-access")


_WORKLOADS = (
    (re.compile(r"pods\.eks\.amazonaws\.com"), "pods, by EKS Pod Identity"),
    (re.compile(r"ec2\.amazonaws\.com.*"), "EC2 instances"),
    (re.compile(r"lambda\.amazonaws\.com"), "Lambda functions"),
    (re.compile(r"codebuild\.amazonaws\.com"), "CodeBuild projects"),
    (re.compile(r"ecs-tasks\.amazonaws\.com"), "ECS tasks"),
    (re.compile(r"ssm\.amazonaws\.com"), "Systems Manager's managed instances"),
    (re.compile(r"(.*/)?token\.actions\.githubusercontent\.com"), "GitHub Actions"),
    (re.compile(r"(.*/)?gitlab\.com"), "GitLab CI"),
    (re.compile(r"(.*/)?oidc\.eks\.[^/]+/id/.+"), "pods, by IAM roles for service accounts"),
)
"""Services and providers of a trust policy, by what acts as the role."""


@dataclass(frozen=True)
class Trace:
    """What is known of a principal besides IAM: who it is in clusters."""

    groups: frozenset[str] = frozenset()
    usernames: frozenset[str] = frozenset()
    bindings: frozenset[str] = frozenset()
    labels: Sequence[Mapping[str, str]] = ()
    is_node: bool = False


def identify_owner(
    arn: str, reading: PrincipalReading, trace: Trace, account: str, vendors: Mapping[str, Marks]
) -> Owner:
    """Who uses the principal. What is certain comes before what only names show. `vendors` are by their keys."""
    return next(_find_owners(arn, reading, trace, account, vendors))


def list_statements(trust: object) -> tuple[Statement, ...]:
    """The statements of a trust policy that allow something."""
    if trust is None:
        return ()
    return tuple(each for each in parse_document(trust).statements if each.allows)


def _find_owners(
    arn: str, reading: PrincipalReading, trace: Trace, account: str, vendors: Mapping[str, Marks]
) -> Iterator[Owner]:
    parsed = arns.parse(arn.strip())
    name = parsed.name if parsed else arn
    trusted = [principal for statement in list_statements(reading.trust) for principal in statement.principals]
    if trace.is_node:
        yield _certain(OwnerKind.NODES, "", "its entry or mapping is that of nodes")
    yield from _by_account(parsed, trusted)
    yield from _by_label(trace, vendors)
    if match := PEOPLE_ROLE.fullmatch(name):
        yield _certain(OwnerKind.PEOPLE, "", f"the role of IAM Identity Center's permission set {match['name']}")
    yield from _by_page(parsed, name, trusted, trace, vendors.values())
    yield from _by_trust(trusted)
    yield from _by_vendor_name(name)
    if reading.has_password_use:
        yield _certain(OwnerKind.PEOPLE, "", "a user that signed in to the console with its password")
    yield _guess(OwnerKind.UNKNOWN, "", _describe_unknown(parsed, reading, trusted, account))


def _certain(kind: OwnerKind, name: str, evidence: str) -> Owner:
    return Owner(kind=kind, name=name, evidence=evidence, certain=True)


def _guess(kind: OwnerKind, name: str, evidence: str) -> Owner:
    return Owner(kind=kind, name=name, evidence=evidence, certain=False)


def _by_account(parsed: arns.Arn | None, trusted: Iterable[Principal]) -> Iterator[Owner]:
    if parsed is not None and parsed.account in KNOWN_VENDORS:
        vendor = KNOWN_VENDORS[parsed.account].name
        yield _certain(OwnerKind.VENDOR, vendor, f"it is in account {parsed.account}, which is {vendor}'s")
    for principal in trusted:
        account = _find_account(principal)
        if account in KNOWN_VENDORS:
            vendor = KNOWN_VENDORS[account].name
            yield _certain(OwnerKind.VENDOR, vendor, f"its trust policy names account {account}, which is {vendor}'s")


def _find_account(principal: Principal) -> str:
    """The account of a principal in a trust policy; empty for anything else."""
    if principal.kind is not PrincipalKind.AWS:
        return ""
    parsed = arns.parse(principal.value)
    return parsed.account if parsed else principal.value


def _by_label(trace: Trace, vendors: Mapping[str, Marks]) -> Iterator[Owner]:
    for labels in trace.labels:
        key, value = _MANAGED_BY
        if labels.get(key) == value and (vendor := labels.get(_PART_OF)):
            name = vendors[vendor].vendor if vendor in vendors else vendor
            yield _guess(OwnerKind.VENDOR, name, f"its bindings are labelled as made by eks-access for {vendor}")


def _by_page(
    parsed: arns.Arn | None, name: str, trusted: Sequence[Principal], trace: Trace, vendors: Iterable[Marks]
) -> Iterator[Owner]:
    is_user = parsed is not None and parsed.kind == "user"
    names_trusted = [each.value.rpartition("/")[2] for each in trusted if each.kind is PrincipalKind.AWS]
    federated = [each.value for each in trusted if each.kind is PrincipalKind.FEDERATED]
    for marks in vendors:
        for globs, names, what in (
            (marks.users if is_user else marks.roles, [name], "its name is"),
            (marks.groups, trace.groups, "it has the group"),
            (marks.usernames, trace.usernames, "it has the username"),
            (marks.bindings, trace.bindings, "it has the binding"),
            (marks.issuers, federated, "its trust policy names the issuer"),
            (marks.trusted, names_trusted, "its trust policy names"),
        ):
            if found := find_mark(globs, names):
                yield _guess(OwnerKind.VENDOR, marks.vendor, f"{what} {found}, as {marks.vendor}'s page has it")


def _by_trust(trusted: Iterable[Principal]) -> Iterator[Owner]:
    for principal in trusted:
        if principal.kind is PrincipalKind.FEDERATED and ":saml-provider/" in principal.value:
            provider = principal.value.rpartition("/")[2]
            yield _certain(OwnerKind.PEOPLE, "", f"its trust policy names the SAML provider {provider}")
        if principal.kind in (PrincipalKind.SERVICE, PrincipalKind.FEDERATED):
            for pattern, what in _WORKLOADS:
                if pattern.fullmatch(principal.value):
                    yield _certain(OwnerKind.WORKLOAD, what, f"its trust policy names {principal.value}")


def _by_vendor_name(name: str) -> Iterator[Owner]:
    folded = re.sub(r"[^a-z0-9]", "", name.lower())
    for vendor in dict.fromkeys(each.name for each in KNOWN_VENDORS.values()):
        if (short := vendor.replace(" ", "").lower()) in folded and len(short) >= 5:
            yield _guess(OwnerKind.VENDOR, vendor, f"its name has that of {vendor} in it")


def _describe_unknown(
    parsed: arns.Arn | None, reading: PrincipalReading, trusted: Sequence[Principal], account: str
) -> str:
    if parsed is not None and parsed.account != account:
        return f"it is in account {parsed.account}, and cannot be looked up from here"
    match reading.state:
        case PrincipalState.GONE:
            return "it no longer exists"
        case PrincipalState.UNKNOWN:
            return "it could not be looked up"
    if parsed is not None and parsed.kind == "user":
        return "a user with no sign-in to the console that IAM has: a person or a program with keys"
    names = list(dict.fromkeys(each.value for each in trusted))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"its trust policy names {', '.join(names[:3])}{more}" if names else "its trust policy names no principal"
